internal import Messages
internal import RPC
internal import TTRPC

/// A ttrpc server that answers as an input says, and checks the rules of its framing.
struct FuzzedTTRPCServer: ~Copyable {
  private var framing: TTRPCFraming
  private let limits: FramingLimits
  /// The calls that are answered later, oldest first.
  private var held: [UInt32] = []
  /// The streams that are open, and whether they wait for room.
  private var streams: [UInt32: Bool] = [:]
  private var lastTaken: UInt32 = 0
  /// The expected answer of each taken call.
  private var answers: [UInt32: TTRPCAnswer] = [:]
  /// All that was written to the peer.
  private(set) var written: [UInt8] = []
  private(set) var violation: String?

  init(limits: FramingLimits) {
    framing = TTRPCFraming(limits: limits)
    self.limits = limits
  }

  /// Runs the server.
  mutating func converse(_ input: inout SessionInput) {
    var rest = input.wire
    do throws(ProtocolViolation) {
      while !rest.isEmpty {
        let count = cut(rest.count, input.choose())
        try framing.receive(rest.extracting(first: count))
        rest = rest.extracting(droppingFirst: count)
        while let event = try framing.nextEvent() { handle(event, input.choose()) }
        proceed(input.choose())
      }
    } catch {
      violation = error.reason
      precondition(framing.isFinished, "a violation does not end the connection")
    }
  }

  /// Answers every call at once with its own payload, and every message with itself.
  mutating func echo(_ input: inout SessionInput) {
    var rest = input.wire
    do throws(ProtocolViolation) {
      while !rest.isEmpty {
        let count = cut(rest.count, input.choose())
        try echo(rest.extracting(first: count))
        rest = rest.extracting(droppingFirst: count)
      }
    } catch {
      violation = error.reason
    }
    write(framing.output.count)
  }

  mutating func echoAtOnce(_ input: inout SessionInput) {
    do throws(ProtocolViolation) {
      try echo(input.wire)
    } catch {
      violation = error.reason
    }
    write(framing.output.count)
  }

  /// Answers the open calls, and checks all that was written.
  mutating func finish() {
    while let stream = held.popLast() { answer([7], on: stream, choice: 0) }
    // The server may not know yet which streams the framing ended in the last step.
    for stream in streams.keys.sorted() { end(stream, 0) }
    precondition(framing.openCalls == 0, "a call stays open")
    write(framing.output.count)
    TTRPCTranscript.check(written, answers)
  }

  private mutating func echo(_ bytes: Span<UInt8>) throws(ProtocolViolation) {
    try framing.receive(bytes)
    while let event = try framing.nextEvent() { handle(event, 0) }
  }

  private func cut(_ count: Int, _ choice: Int) -> Int {
    choice == 0 ? count : min(count, choice)
  }

  private mutating func handle(_ event: FramingEvent, _ choice: Int) {
    switch event {
    case .call(let stream):
      let call = take(stream)
      if call.acceptsStream, choice & 0x18 == 0 {
        open(
          stream, payload: call.payload, streamsRequests: call.streamsRequests, choice: choice)
      } else {
        answer(call.payload, on: stream, choice: choice)
      }
    case .readable(let stream):
      precondition(streams[stream] != nil, "a stream that is not open is readable")
      if choice & 0x20 == 0 { read(stream, choice) }
    case .writable(let stream):
      precondition(streams[stream] == true, "a stream that did not wait has room")
      streams[stream] = false
      send(on: stream, [UInt8](repeating: 5, count: choice << 8))
    case .cancelled(let stream):
      precondition(streams.removeValue(forKey: stream) != nil, "a stream is cancelled twice")
      answers[stream]?.ending = .failure
    case .answered: preconditionFailure("nothing is answered but calls")
    }
  }

  /// Copies the current call's payload and shape.
  private mutating func take(_ stream: UInt32) -> (
    payload: [UInt8], acceptsStream: Bool, streamsRequests: Bool
  ) {
    precondition(stream % 2 == 1 && stream > lastTaken, "stream ids do not grow")
    lastTaken = stream
    precondition(framing.openCalls <= limits.callsInFlight, "more calls are open than may be")
    precondition(
      framing.openCalls <= held.count + streams.count + 1, "calls are open that were not taken")
    let call = framing.currentCall
    call.require(limits)
    precondition(call.timeoutNanoseconds != 0, "zero stands for no timeout")
    precondition(call.acceptsStream || !call.streamsRequests, "a stream one way is no stream")
    precondition(!call.streamsRequests || call.payload.isEmpty, "a stream has a payload")
    return (Array(copying: call.payload), call.acceptsStream, call.streamsRequests)
  }

  private mutating func answer(_ payload: [UInt8], on stream: UInt32, choice: Int) {
    switch choice & 7 {
    case 0...3:
      let answer = choice & 1 == 0 ? payload : []
      answers[stream] = TTRPCAnswer(ending: .response(answer))
      framing.respond(to: stream, payload: answer.span)
    case 4:
      answers[stream] = TTRPCAnswer(ending: .failure)
      framing.fail(stream, Status(.notFound, "no `\(stream)`", reason: "R", metadata: [("k", "v")]))
    default: held.append(stream)
    }
  }

  private mutating func write(_ count: Int) {
    written += Array(copying: framing.output.bytes.extracting(first: count))
    framing.output.consume(count)
  }
}

extension FuzzedTTRPCServer {
  private mutating func open(
    _ stream: UInt32, payload: [UInt8], streamsRequests: Bool, choice: Int
  ) {
    framing.open(stream)
    streams[stream] = false
    answers[stream] = TTRPCAnswer(ending: .open)
    guard !streamsRequests else { return }
    send(on: stream, payload)
    precondition(framing.takeMessage(from: stream) == .ended, "a request is followed by messages")
    if choice & 1 == 0 { end(stream, choice) }
  }

  /// Takes all messages, sends each back, and ends a stream that has ended.
  private mutating func read(_ stream: UInt32, _ choice: Int) {
    while true {
      switch framing.takeMessage(from: stream) {
      case .message:
        let message = Array(copying: framing.currentMessage)
        precondition(message.count <= limits.messageBytes, "a message is over its limit")
        send(on: stream, message)
      case .empty: return
      case .ended: return end(stream, choice)
      }
    }
  }

  private mutating func send(on stream: UInt32, _ message: [UInt8]) {
    answers[stream]?.messages.append(message)
    framing.send(on: stream, payload: message.span)
  }

  private mutating func end(_ stream: UInt32, _ choice: Int) {
    streams.removeValue(forKey: stream)
    switch choice & 7 {
    case 5:
      answers[stream]?.ending = .failure
      framing.fail(stream, Status(.aborted, "no more"))
    case 6:
      answers[stream]?.ending = .response([6])
      framing.respond(to: stream, payload: [6].span)
    default:
      answers[stream]?.ending = .end
      framing.finish(stream)
    }
  }

  /// Does what the daemon does between two reads.
  private mutating func proceed(_ choice: Int) {
    if choice & 1 != 0, !held.isEmpty { answer([1, 2, 3], on: held.removeFirst(), choice: 0) }
    if choice & 2 != 0, let stream = held.popLast() { answer([], on: stream, choice: 4) }
    if let stream = streams.keys.max() {
      if choice & 5 == 5 { end(stream, choice >> 4) }
      if choice & 10 == 10, let longest = streams.keys.min() {
        if framing.hasRoom(on: longest) {
          send(on: longest, [UInt8](repeating: 4, count: choice << 7))
        } else {
          streams[longest] = true
        }
      }
    }
    if choice & 12 == 12 { write(min(framing.output.count, choice << 8)) }
    if choice & 0xf0 == 0xf0 { framing.beginDrain() }
  }
}

/// What a ttrpc server sent on one call, for its transcript.
struct TTRPCAnswer {
  enum Ending: Equatable {
    /// Nothing yet.
    case open
    /// An answer of one message.
    case response([UInt8])
    /// A failure.
    case failure
    /// The end of a stream.
    case end
  }

  /// The messages of a stream.
  var messages: [[UInt8]] = []
  var ending: Ending
}
