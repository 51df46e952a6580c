internal import Messages
internal import RPC
internal import TTRPC

/// A server of ttrpc that answers as an input says, and what it must keep to.
struct TTRPCSession: ~Copyable {
  private var framing: TTRPCFraming
  private let limits: FramingLimits
  /// The calls that are to be answered later, oldest first.
  private var held: [UInt32] = []
  private var lastTaken: UInt32 = 0
  /// What each taken call is answered with; `nil` where it fails.
  private var answers: [UInt32: [UInt8]?] = [:]
  /// All that was written to the peer.
  private(set) var written: [UInt8] = []
  private(set) var violation: String?

  init(limits: FramingLimits) {
    framing = TTRPCFraming(limits: limits)
    self.limits = limits
  }

  /// Plays the session through.
  mutating func converse(_ input: inout SessionInput) {
    var rest = input.wire
    do throws(ProtocolViolation) {
      while !rest.isEmpty {
        let count = cut(rest.count, input.choose())
        try framing.receive(rest.extracting(first: count))
        rest = rest.extracting(droppingFirst: count)
        while let stream = try framing.nextCall() { answer(take(stream), stream, input.choose()) }
        proceed(input.choose())
      }
    } catch {
      violation = error.reason
      precondition(framing.isFinished, "a violation does not end the connection")
    }
  }

  /// Answers every call at once with its own payload.
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

  /// Answers what is open, and judges all that was written.
  mutating func finish() {
    while let stream = held.popLast() { answer([7], stream, 0) }
    precondition(framing.openCalls == 0, "a call stays open")
    write(framing.output.count)
    TTRPCTranscript.check(written, answers)
  }

  private mutating func echo(_ bytes: Span<UInt8>) throws(ProtocolViolation) {
    try framing.receive(bytes)
    while let stream = try framing.nextCall() { answer(take(stream), stream, 0) }
  }

  private func cut(_ count: Int, _ choice: Int) -> Int {
    choice == 0 ? count : min(count, choice)
  }

  /// Copies the current call's payload.
  private mutating func take(_ stream: UInt32) -> [UInt8] {
    precondition(stream % 2 == 1 && stream > lastTaken, "stream ids do not grow")
    lastTaken = stream
    precondition(framing.openCalls <= limits.callsInFlight, "more calls are open than may be")
    precondition(framing.openCalls <= held.count + 1, "calls are open that nobody took")
    let call = framing.currentCall
    precondition(call.payload.count <= limits.messageBytes, "a message is over its limit")
    let names = call.service.count + call.method.count
    precondition(names + call.bearer.count <= limits.headerBytes, "headers are over their limit")
    precondition(call.service.isText && call.method.isText, "a name is no text")
    precondition(call.timeoutNanoseconds != 0, "zero stands for no timeout")
    return Array(copying: call.payload)
  }

  private mutating func answer(_ payload: [UInt8], _ stream: UInt32, _ choice: Int) {
    switch choice & 7 {
    case 0...3:
      let answer = choice & 1 == 0 ? payload : []
      answers[stream] = .some(answer)
      framing.respond(to: stream, payload: answer.span)
    case 4:
      answers[stream] = .some(nil)
      framing.fail(stream, Status(.notFound, "no `\(stream)`", reason: "R", metadata: [("k", "v")]))
    default: held.append(stream)
    }
  }

  /// What the daemon does between two reads.
  private mutating func proceed(_ choice: Int) {
    if choice & 1 != 0, !held.isEmpty { answer([1, 2, 3], held.removeFirst(), 0) }
    if choice & 2 != 0, let stream = held.popLast() { answer([], stream, 4) }
    if choice & 12 == 12 { write(min(framing.output.count, choice)) }
    if choice & 0xf0 == 0xf0 { framing.beginDrain() }
  }

  private mutating func write(_ count: Int) {
    written += Array(copying: framing.output.bytes.extracting(first: count))
    framing.output.consume(count)
  }
}
