internal import EventLoop
internal import Ledger
internal import Messages
internal import Platform
internal import RPC
internal import Services

/// Why a worker stopped taking calls off a connection.
enum PumpOutcome {
  /// There is no further call for now.
  case idle
  /// The peer leaves enough answers unread.
  case outputFull
  /// It has had its turn, and the others have not.
  case turnOver
  /// Its next call waits for one that waits itself.
  case held
}

// How a worker takes the calls of a connection and answers them.
extension Worker {
  /// Takes events off a framing and answers calls. What can't be answered at once goes to `taker`.
  func pump<Wire: Framing & ~Copyable>(
    _ framing: inout Wire, of peer: Peer, taker: some CallTaker
  ) throws(ProtocolViolation) -> PumpOutcome {
    try Self.pump(
      &framing, of: peer, answerer: &answerer, taker: taker, outputLimit: limits.outputBytes,
      at: Moment(ledger: clock.read(), monotonicNanoseconds: loop.now))
  }

  // Static, as other twins of a method in this module: what a `~Copyable` property of a class lends
  // can't leave an access to it, but the property can be an argument.
  private static func pump<Wire: Framing & ~Copyable>(
    _ framing: inout Wire, of peer: Peer, answerer: inout Answerer, taker: some CallTaker,
    outputLimit: Int, at moment: Moment
  ) throws(ProtocolViolation) -> PumpOutcome {
    answerer.beginCalls()
    for number in 0..<eventsPerSlice {
      guard framing.output.count < outputLimit else { return .outputFull }
      guard !answerer.isSliceOver else { return .turnOver }
      if number % Answerer.callsAhead == 0 { answerer.lookAhead(at: framing) }
      guard let event = try framing.nextEvent() else { return .idle }
      switch event {
      case .call(let stream):
        let outcome = takeCall(
          framing.currentCall, on: stream, from: peer, over: Wire.wire, at: moment,
          answerer: &answerer, taker: taker)
        switch outcome {
        case .answered: framing.respond(to: stream, payload: answerer.answer.bytes)
        case .failed(let status): framing.fail(stream, status)
        case .command, .unfinished: break
        case .opened: framing.open(stream)
        }
        framing.release()
      case .readable(let stream), .writable(let stream): taker.makeDue(stream)
      case .cancelled(let stream): taker.forget(stream, .cancelled)
      case .answered: answerer.lookAtClock()
      }
    }
    return .turnOver
  }

  /// How many events of one connection are taken before the others are looked at. The clock alone
  /// would not do: some take so little that it is not looked at.
  private static var eventsPerSlice: Int { 256 }

  /// Answers a call, or gives it to `taker`, which may refuse it.
  private static func takeCall(
    _ call: IncomingCall, on stream: UInt32, from peer: Peer, over wire: WireProtocol,
    at moment: Moment, answerer: inout Answerer, taker: some CallTaker
  ) -> Answerer.Outcome {
    let outcome = answerer.answerCall(call, from: peer, over: wire, at: moment)
    switch outcome {
    case .answered, .failed: break
    case .command(let method):
      if let status = taker.forwardCommand(call, of: method, on: stream) {
        return .failed(status)
      }
    case .unfinished(let method, let rest):
      if let status = taker.continueQuery(rest, of: method, for: call, on: stream) {
        return .failed(status)
      }
    case .opened(let method, let opened):
      taker.adoptStream(opened, of: method, for: call, on: stream)
    }
    return outcome
  }
}
