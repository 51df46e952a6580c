internal import EventLoop
internal import Platform
internal import Testing

@Suite struct MailboxTests {
  @Test func deliversABatchInOrderByOneWakeUp() throws {
    let loop = try EventLoop()
    let mailbox = try Mailbox<Int>()
    var batches: [[Int]] = []
    let receiver = try MailboxReceiver(mailbox, on: loop) { batches.append($0) }
    mailbox.post(1)
    mailbox.post(contentsOf: [2, 3])
    mailbox.post(contentsOf: [])
    mailbox.post(4)
    try loop.turn(timeoutNanoseconds: 0)
    try loop.turn(timeoutNanoseconds: 0)
    #expect(batches == [[1, 2, 3, 4]])
    mailbox.post(5)
    try loop.turn(timeoutNanoseconds: 0)
    #expect(batches == [[1, 2, 3, 4], [5]])
    try receiver.close()
    mailbox.post(6)
    try loop.turn(timeoutNanoseconds: 0)
    #expect(batches.count == 2)
    #expect(loop.registrationCount == 0)
  }

  @Test func aMessagePostedByItsOwnHandlerComesInTheNextBatch() throws {
    let loop = try EventLoop()
    let mailbox = try Mailbox<Int>()
    var batches: [[Int]] = []
    let receiver = try MailboxReceiver(mailbox, on: loop) { messages in
      batches.append(messages)
      if messages == [1] { mailbox.post(2) }
    }
    mailbox.post(1)
    try loop.turn(timeoutNanoseconds: 0)
    try loop.turn(timeoutNanoseconds: 0)
    #expect(batches == [[1], [2]])
    try receiver.close()
  }

  @Test func waitsBeforeItsReceiverExists() throws {
    let loop = try EventLoop()
    let mailbox = try Mailbox<String>()
    mailbox.post("early")
    var received: [String] = []
    let receiver = try MailboxReceiver(mailbox, on: loop) { received += $0 }
    try loop.turn(timeoutNanoseconds: 0)
    #expect(received == ["early"])
    try receiver.close()
  }

  @Test func losesNothingThatOtherThreadsPost() throws {
    let loop = try EventLoop()
    let mailbox = try Mailbox<(thread: Int, number: Int)>()
    let perThread = 20_000
    var next = [0, 0, 0]
    let receiver = try MailboxReceiver(mailbox, on: loop) { messages in
      for message in messages {
        // In order per thread, so nothing is lost or doubled.
        #expect(message.number == next[message.thread])
        next[message.thread] += 1
      }
      if next.allSatisfy({ $0 == perThread }) { loop.stop() }
    }
    let first = try post(from: 0, count: perThread, to: mailbox)
    let second = try post(from: 1, count: perThread, to: mailbox)
    let third = try post(from: 2, count: perThread, to: mailbox)
    try loop.run()
    first.join()
    second.join()
    third.join()
    #expect(next == [perThread, perThread, perThread])
    try receiver.close()
  }

  private func post(
    from thread: Int, count: Int, to mailbox: Mailbox<(thread: Int, number: Int)>
  ) throws -> NativeThread {
    try NativeThread(name: "poster") {
      for number in 0..<count { mailbox.post((thread, number)) }
    }
  }

  @Test func wakesALoopThatWaitsOnItsOwnThread() throws {
    let requests = try Mailbox<Int>()
    let answers = try Mailbox<Int>()
    let worker = try NativeThread(name: "worker") {
      #expect(throws: Never.self) {
        let loop = try EventLoop()
        let receiver = try MailboxReceiver(requests, on: loop) { messages in
          for message in messages {
            answers.post(message * 2)
            if message == 0 { loop.stop() }
          }
        }
        try loop.run()
        try receiver.close()
      }
    }
    let loop = try EventLoop()
    var received: [Int] = []
    let receiver = try MailboxReceiver(answers, on: loop) { messages in
      received += messages
      // One at a time, so that each finds the other loop asleep or going to sleep.
      if received.count < 200 { requests.post(200 - received.count) }
      if received.count == 200 { requests.post(0) }
      if received.last == 0 { loop.stop() }
    }
    requests.post(1)
    try loop.run()
    worker.join()
    #expect(received.count == 201)
    try receiver.close()
  }
}
