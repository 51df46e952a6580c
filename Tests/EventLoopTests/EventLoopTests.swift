internal import EventLoop
internal import Platform
internal import Testing

@Suite struct EventLoopTests {
  private let byte: [UInt8] = [1]

  @Test func tellsWhatADescriptorIsReadyFor() throws {
    let loop = try EventLoop()
    let pair = try UnixConnection.socketPair()
    let handler = RecordingHandler()
    let registration = try loop.add(pair.first.rawValue, .readable, handler: handler)
    try loop.turn(timeoutNanoseconds: 0)
    #expect(handler.readiness == [])
    #expect(try pair.second.send(byte.span) == .bytes(1))
    try loop.turn(timeoutNanoseconds: 0)
    // Level-triggered: what was not read is told again.
    try loop.turn(timeoutNanoseconds: 0)
    #expect(handler.readiness == [.readable, .readable])
    try loop.modify(registration, .writable)
    try loop.turn(timeoutNanoseconds: 0)
    #expect(handler.readiness.last == .writable)
    try loop.modify(registration, [.readable, .writable])
    try loop.turn(timeoutNanoseconds: 0)
    #expect(handler.readiness.last == [.readable, .writable])
    try loop.modify(registration, [])
    try loop.turn(timeoutNanoseconds: 0)
    #expect(handler.readiness.count == 4)
  }

  @Test func tellsAHangUpEvenWithoutInterest() throws {
    let loop = try EventLoop()
    let handler = RecordingHandler()
    let pair = try UnixConnection.socketPair()
    let first = pair.split { first, _ in first }
    _ = try loop.add(first.rawValue, [], handler: handler)
    try loop.turn(timeoutNanoseconds: 0)
    #expect(handler.readiness == [.hangup])
    _ = first.rawValue
  }

  @Test func aPeerThatStopsSendingIsReadable() throws {
    let loop = try EventLoop()
    let handler = RecordingHandler()
    let pair = try UnixConnection.socketPair()
    _ = try loop.add(pair.first.rawValue, .readable, handler: handler)
    try pair.second.shutDownWriting()
    try loop.turn(timeoutNanoseconds: 0)
    #expect(handler.readiness == [.readable])
  }

  @Test func aRemovedHandlerHearsNothingAndIsLetGo() throws {
    let loop = try EventLoop()
    let pair = try UnixConnection.socketPair()
    weak var released: RecordingHandler?
    do {
      let handler = RecordingHandler()
      released = handler
      let registration = try loop.add(pair.first.rawValue, .readable, handler: handler)
      #expect(loop.registrationCount == 1)
      #expect(try pair.second.send(byte.span) == .bytes(1))
      try loop.remove(registration)
      try loop.turn(timeoutNanoseconds: 0)
      #expect(handler.readiness == [])
    }
    #expect(loop.registrationCount == 0)
    #expect(released == nil)
  }

  /// Two descriptors are ready in one batch. The first handler closes the other's, and registers a
  /// new one that gets the same number and the same slot: the event of the closed one must not
  /// reach it.
  @Test func aStaleEventDoesNotReachAReusedDescriptor() throws {
    let loop = try EventLoop()
    let newcomer = RecordingHandler()
    // The numbers of both pairs go to the handlers, whichever of which is called first.
    let (left, leftPeer) = try UnixConnection.socketPair().split { ($0.release(), $1.release()) }
    let (right, rightPeer) = try UnixConnection.socketPair().split { ($0.release(), $1.release()) }
    let firstPeer = FileDescriptor(owning: leftPeer)
    let secondPeer = FileDescriptor(owning: rightPeer)
    let handlers = [RecordingHandler(), RecordingHandler()]
    let registrations = [
      try loop.add(left, .readable, handler: handlers[0]),
      try loop.add(right, .readable, handler: handlers[1]),
    ]
    var replacements: [Int32] = []
    for (index, victim) in [right, left].enumerated() {
      handlers[index].onReady = {
        #expect(throws: Never.self) {
          try loop.remove(registrations[1 - index])
          let fresh = try UnixConnection.socketPair().split { ($0.release(), $1.release()) }
          // dup3 puts the fresh socket at the victim's number, which closes the victim.
          let replaced = try SystemCall.value { duplicate(fresh.0, onto: victim) }
          replacements = [replaced, fresh.0, fresh.1, index == 0 ? left : right]
          _ = try loop.add(replaced, .readable, handler: newcomer)
        }
      }
    }
    #expect(try firstPeer.send(byte.span) == .bytes(1))
    #expect(try secondPeer.send(byte.span) == .bytes(1))
    try loop.turn(timeoutNanoseconds: 0)
    #expect(handlers[0].readiness.count + handlers[1].readiness.count == 1)
    #expect(newcomer.readiness == [])
    handlers[0].onReady = {}
    handlers[1].onReady = {}
    // The newcomer does work: a byte for it arrives.
    try #require(replacements.count == 4)
    let freshPeer = FileDescriptor(owning: replacements[2])
    #expect(try freshPeer.send(byte.span) == .bytes(1))
    try loop.turn(timeoutNanoseconds: 0)
    #expect(newcomer.readiness == [.readable])
    for descriptor in [replacements[0], replacements[1], replacements[3]] {
      _ = FileDescriptor(owning: descriptor)
    }
  }

  @Test func refusesADescriptorTwice() throws {
    let loop = try EventLoop()
    let pair = try UnixConnection.socketPair()
    _ = try loop.add(pair.first.rawValue, .readable, handler: RecordingHandler())
    #expect(throws: Errno.fileExists) {
      _ = try loop.add(pair.first.rawValue, .readable, handler: RecordingHandler())
    }
    #expect(loop.registrationCount == 1)
  }

  @Test func runsUntilStoppedAndCallsTheHookBeforeEachWait() throws {
    let loop = try EventLoop()
    let handler = RecordingHandler()
    var waits = 0
    loop.beforeWait = { waits += 1 }
    handler.onTimer = { token in
      if token == 2 { loop.stop() } else { loop.schedule(afterNanoseconds: 0, handler, token: 2) }
    }
    loop.schedule(afterNanoseconds: 0, handler, token: 1)
    try loop.run()
    #expect(handler.tokens == [1, 2])
    #expect(waits == 2)
  }

  @Test func aStopBeforeTheRunCounts() throws {
    let loop = try EventLoop()
    loop.stop()
    try loop.run()
  }

  @Test func readsTheClockOnceATurn() throws {
    let loop = try EventLoop()
    let before = Clock.monotonicNanoseconds()
    try loop.turn(timeoutNanoseconds: 0)
    let now = loop.now
    #expect(now >= before)
    #expect(now <= Clock.monotonicNanoseconds())
    #expect(loop.now == now)
  }
}
