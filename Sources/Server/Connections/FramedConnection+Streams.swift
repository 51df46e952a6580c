internal import EventLoop
internal import Messages
internal import Platform
internal import RPC
internal import Services

/// How many steps a stream takes before the others get their turn.
private let stepsPerTurn = 16

// Calls that stream. A stream is due when it has something to do: a message came, room was made,
// the writer answered, a revision was published, a timer fired. The streams that are due take steps
// in turn, and a step is taken only while the peer has room, so nothing piles up for a slow reader.
extension FramedConnection where Wire: ~Copyable {
  func adoptStream(
    _ opened: any StreamingCall, of method: Method, for call: IncomingCall, on stream: UInt32
  ) {
    var credential = HeldCredential.absent
    if case .stream(_, isCommand: true) = method.descriptor.kind {
      credential = HeldCredential(
        copying: call.credential(bearerField: method.descriptor.bearerField))
    }
    let open = OpenStream(
      opened, of: method, credential: credential, begunNanoseconds: worker.loop.now)
    if let timeout = call.timeoutNanoseconds {
      open.deadline = worker.loop.schedule(
        afterNanoseconds: timeout, self, token: UInt64(stream))
    }
    if isDraining { opened.drain() }
    streams[stream] = open
    makeDue(stream)
  }

  func continueQuery(
    _ rest: any StreamingCall, of method: Method, for call: IncomingCall, on stream: UInt32
  ) -> Status? {
    if let refusal = worker.keepQuery(rest, of: identity, on: stream) {
      PendingCommand(method: method, begunNanoseconds: worker.loop.now, timer: nil)
        .count(refusal.code, over: Wire.wire, on: worker)
      return refusal
    }
    queries.insert(stream)
    adoptStream(rest, of: method, for: call, on: stream)
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
      queries.remove(stream)
      worker.dropQuery(of: identity, on: stream)
    }
    unfollow(stream)
    stalled.remove(stream)
    if let deadline = open.deadline { worker.loop.cancel(deadline) }
    if let alarm = open.alarm { worker.loop.cancel(alarm) }
    open.count(code, over: Wire.wire, on: worker)
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

  /// Hands the writer's answer to the stream whose step it was.
  func deliverStep(_ result: Result<WipedBytes, Status>, to stream: UInt32) {
    guard let open = streams[stream], open.awaitsWriter else { return }
    open.awaitsWriter = false
    do throws(Status) {
      try worker.answerer.feedAnswer(result, to: open.call)
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
        try takeSteps(of: open, on: stream)
      } catch {
        end(stream, error)
      }
      if worker.isSliceOver { break }
    }
    return true
  }

  private func takeSteps(of open: OpenStream, on stream: UInt32) throws(Status) {
    if open.isQuery, !framing.awaitsAnswer(stream) { throw Self.givenUp }
    if open.call.isLongQuery, !worker.runsQuery(of: identity, on: stream) { return }
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
        return setAlarm(of: open, on: stream, afterNanoseconds: patience)
      }
      let hasFed = try feed(open, from: stream)
      switch try worker.takeStep(of: open) {
      case .message: worker.send(on: stream, &framing)
      case .command: try submitStep(of: open, on: stream)
      case .yield: return makeDue(stream)
      case .wait(let forLedger, let atMostNanoseconds):
        if hasFed { continue }
        setAlarm(of: open, on: stream, afterNanoseconds: atMostNanoseconds)
        if forLedger { waitForRevision(stream) }
        return
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
  private func feed(_ open: OpenStream, from stream: UInt32) throws(Status) -> Bool {
    guard open.call.takesMessages, !open.requestsHaveEnded,
      open.method.descriptor.kind.streamsRequests
    else { return false }
    switch framing.takeMessage(from: stream) {
    case .message:
      defer { framing.release() }
      try Self.feedMessage(of: framing, to: open, identity.peer, worker: worker)
      return true
    case .empty: return false
    case .ended:
      open.requestsHaveEnded = true
      try open.call.requestsEnded()
      return true
    }
  }

  private static func feedMessage(
    of framing: borrowing Wire, to open: OpenStream, _ peer: Peer, worker: Worker
  ) throws(Status) {
    if let refusal = open.takeCredential(of: framing.currentMessage) {
      throw worker.deny(open.method, from: peer, because: refusal)
    }
    try worker.answerer.feedMessage(framing.currentMessage, to: open.call)
  }

  private func submitStep(of open: OpenStream, on stream: UInt32) throws(Status) {
    let caller = caller(on: stream, open.credential)
    if let refusal = worker.submitStep(of: open.method, by: caller) {
      return try open.call.refused(refusal)
    }
    open.awaitsWriter = true
  }

  private func waitForRevision(_ stream: UInt32) {
    follow(stream)
    // No message comes for a revision that was published since the step looked.
    if !worker.isAtNewestRevision { makeDue(stream) }
  }

  /// Makes a stream due after some time, unless it is before.
  private func setAlarm(
    of open: OpenStream, on stream: UInt32, afterNanoseconds nanoseconds: Int64?
  ) {
    guard let nanoseconds else { return }
    open.alarm = worker.loop.schedule(
      afterNanoseconds: nanoseconds, self, token: Self.alarmToken(stream))
  }

  private func follow(_ stream: UInt32) {
    if followers.isEmpty { worker.follow(identity.id) }
    followers.insert(stream)
  }

  private func unfollow(_ stream: UInt32) {
    guard followers.remove(stream) != nil, followers.isEmpty else { return }
    worker.unfollow(identity.id)
  }
}
