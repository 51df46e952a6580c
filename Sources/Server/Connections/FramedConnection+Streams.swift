internal import EventLoop
internal import Messages
internal import Platform
internal import RPC
internal import Services

/// How many steps a stream takes before the others get their turn.
private let stepsPerTurn = 16

// Calls that stream. A stream with something to do is due: a message came, room was made, the
// writer answered, a revision was published, a timer fired. Those that are due take steps in turn,
// and a stream is pulled only while its peer has room, so nothing piles up for one that reads
// slowly.
extension FramedConnection where Wire: ~Copyable {
  func adopt(
    _ stream: UInt32, _ call: IncomingCall, _ method: Method, _ opened: any StreamingCall
  ) {
    var credential = HeldCredential.absent
    if case .stream(_, isCommand: true) = method.descriptor.kind {
      credential = HeldCredential(copying: call.credential(for: method.descriptor))
    }
    let open = OpenStream(method, opened, credential, begunNanoseconds: worker.loop.now)
    if let timeout = call.timeoutNanoseconds {
      open.deadline = worker.loop.schedule(
        afterNanoseconds: timeout, self, token: UInt64(stream))
    }
    if isDraining { opened.drain() }
    streams[stream] = open
    makeDue(stream)
  }

  func keep(
    _ stream: UInt32, _ call: IncomingCall, _ method: Method, _ rest: any StreamingCall
  ) -> Status? {
    if let refusal = worker.keepQuery(of: peer) {
      PendingCommand(method: method, begunNanoseconds: worker.loop.now, timer: nil)
        .count(Wire.wire, refusal.code, worker)
      return refusal
    }
    unfinishedQueries += 1
    adopt(stream, call, method, rest)
    return nil
  }

  func makeDue(_ stream: UInt32) {
    guard let open = streams[stream], !open.isDue else { return }
    open.isDue = true
    stalled.remove(stream)
    due.append(stream)
  }

  func forget(_ stream: UInt32, _ code: StatusCode) {
    guard let open = streams.removeValue(forKey: stream) else { return }
    if open.isQuery {
      unfinishedQueries -= 1
      worker.dropQuery(of: peer)
    }
    unfollow(stream)
    stalled.remove(stream)
    if let deadline = open.deadline { worker.loop.cancel(deadline) }
    if let alarm = open.alarm { worker.loop.cancel(alarm) }
    open.count(Wire.wire, code, worker)
  }

  /// Forgets all of them: the connection has closed.
  func forgetStreams() {
    for stream in Array(streams.keys) { forget(stream, .cancelled) }
    due.removeAll()
  }

  func drainStreams() {
    for (stream, open) in streams {
      open.call.drain()
      makeDue(stream)
    }
  }

  /// Ends a stream that has failed.
  func end(_ stream: UInt32, _ status: Status) {
    framing.fail(stream, status)
    forget(stream, status.code)
  }

  /// Hands on what the writer made of a stream's step.
  func answer(open stream: UInt32, _ result: Result<WipedBytes, Status>) {
    guard let open = streams[stream], open.awaitsWriter else { return }
    open.awaitsWriter = false
    do throws(Status) {
      try worker.feed(answer: result, to: open.call)
      makeDue(stream)
    } catch {
      end(stream, error)
    }
  }

  /// Lets the streams that are due take their turns, as far as the slice goes, but one at least;
  /// false when none was.
  func runStreams() -> Bool {
    guard !due.isEmpty else { return false }
    for _ in 0..<due.count {
      guard let stream = due.popFirst() else { break }
      backlog = max(0, backlog - 1)
      guard let open = streams[stream] else { continue }
      open.isDue = false
      do throws(Status) {
        try run(stream, open)
      } catch {
        end(stream, error)
      }
      if worker.isSliceOver { break }
    }
    return true
  }

  private func run(_ stream: UInt32, _ open: OpenStream) throws(Status) {
    if open.isQuery, !framing.awaitsAnswer(stream) { throw Self.givenUp }
    unfollow(stream)
    if let alarm = open.alarm.take() { worker.loop.cancel(alarm) }
    let streamsResponses = open.method.descriptor.kind.streamsResponses
    var steps = 0
    while steps < stepsPerTurn, !open.awaitsWriter, steps == 0 || !worker.isSliceOver {
      steps += 1
      // Before a message is taken: what a call holds of it is counted nowhere.
      if streamsResponses, !framing.hasRoom(on: stream) {
        let patience = try open.call.stalled(nowNanoseconds: worker.loop.now)
        stalled.insert(stream)
        return setAlarm(stream, open, patience)
      }
      let hasFed = try feed(stream, open)
      switch try worker.step(open.call) {
      case .message: worker.send(on: stream, &framing)
      case .command: try submitStep(of: stream, open)
      case .yield: return makeDue(stream)
      case .wait(let forLedger, let atMostNanoseconds):
        if hasFed { continue }
        return wait(stream, open, forLedger: forLedger, atMostNanoseconds)
      case .finished:
        if streamsResponses {
          framing.finish(stream)
        } else {
          worker.respond(to: stream, &framing)
        }
        return forget(stream, .ok)
      }
    }
    if !open.awaitsWriter { makeDue(stream) }
  }

  private static var givenUp: Status { Status(.cancelled, "the peer has given up the call") }

  /// Hands over a message of the peer's if one is wanted; false when there was nothing new.
  private func feed(_ stream: UInt32, _ open: OpenStream) throws(Status) -> Bool {
    guard open.call.takesMessages, !open.requestsHaveEnded,
      open.method.descriptor.kind.streamsRequests
    else { return false }
    switch framing.takeMessage(from: stream) {
    case .message:
      defer { framing.release() }
      try Self.feed(framing, worker, peer, to: open)
      return true
    case .empty: return false
    case .ended:
      open.requestsHaveEnded = true
      try open.call.requestsEnded()
      return true
    }
  }

  private static func feed(
    _ framing: borrowing Wire, _ worker: Worker, _ peer: Peer, to open: OpenStream
  ) throws(Status) {
    if let refusal = open.takeCredential(of: framing.currentMessage) {
      throw worker.deny(open.method, peer, refusal)
    }
    try worker.feed(framing.currentMessage, to: open.call)
  }

  private func submitStep(of stream: UInt32, _ open: OpenStream) throws(Status) {
    let origin = CallOrigin(worker: worker.index, connection: id, stream: stream)
    if let refusal = worker.submitAnswer(
      as: open.method, peer, executable, open.credential, origin)
    {
      return try open.call.refused(refusal)
    }
    open.awaitsWriter = true
  }

  private func wait(
    _ stream: UInt32, _ open: OpenStream, forLedger: Bool, _ atMostNanoseconds: Int64?
  ) {
    setAlarm(stream, open, atMostNanoseconds)
    guard forLedger else { return }
    follow(stream)
    // What was published since the step looked is told to nobody else.
    if !worker.isAtNewestRevision { makeDue(stream) }
  }

  /// Makes a stream due after some time, unless it is before.
  private func setAlarm(_ stream: UInt32, _ open: OpenStream, _ nanoseconds: Int64?) {
    guard let nanoseconds else { return }
    open.alarm = worker.loop.schedule(
      afterNanoseconds: nanoseconds, self, token: Self.alarmToken(stream))
  }

  private func follow(_ stream: UInt32) {
    if followers.isEmpty { worker.follow(id) }
    followers.insert(stream)
  }

  private func unfollow(_ stream: UInt32) {
    guard followers.remove(stream) != nil, followers.isEmpty else { return }
    worker.unfollow(id)
  }
}
