internal import GRPC
internal import Messages
internal import RPC

/// A server of gRPC that answers as an input says, and what it must keep to.
struct GRPCSession: ~Copyable {
  private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
  private static let emptySettings: [UInt8] = [0, 0, 0, 4, 0, 0, 0, 0, 0]

  private var framing: GRPCFraming
  private let limits: FramingLimits
  private let greets: Bool
  /// The calls that are to be answered later, oldest first.
  private var held: [UInt32] = []
  /// What calls are answered with.
  private var answers: [UInt32: [UInt8]] = [:]
  /// All that was written to the peer.
  private var written: [UInt8] = []
  private var isViolated = false

  init(choice: Int) {
    limits = FramingLimits(choice: choice)
    greets = choice & 8 == 0
    framing = GRPCFraming(limits: limits)
  }

  /// Plays the session through.
  mutating func converse(_ input: inout SessionInput) {
    do throws(ProtocolViolation) {
      try framing.receive(Self.preface.span)
      if greets { try framing.receive(Self.emptySettings.span) }
      var rest = input.wire
      while !rest.isEmpty, !(framing.isFinished && framing.output.isEmpty) {
        let choice = input.choose()
        let count = choice == 0 ? rest.count : min(rest.count, choice)
        try framing.receive(rest.extracting(first: count))
        rest = rest.extracting(droppingFirst: count)
        while let stream = try framing.nextCall() { answer(take(stream), stream, input.choose()) }
        proceed(input.choose())
      }
    } catch {
      isViolated = true
    }
    checkCount()
  }

  /// Answers what is open, unless the daemon would have closed, and judges all that was written.
  mutating func finish() {
    while !isViolated, let stream = held.popLast() { answer([7], stream, 0) }
    checkCount()
    framing.flush(limit: 1 << 20)
    write(framing.output.count)
    HTTP2Transcript.check(written, answers)
  }

  private func checkCount() {
    precondition(framing.openCalls <= limits.callsInFlight, "more calls are open than may be")
    precondition(framing.openCalls >= held.count, "calls are forgotten")
  }

  /// Copies the current call's payload.
  private mutating func take(_ stream: UInt32) -> [UInt8] {
    precondition(stream % 2 == 1, "a call on a stream that no client opens")
    checkCount()
    let call = framing.currentCall
    precondition(call.payload.count <= limits.messageBytes, "a message is over its limit")
    let names = call.service.count + call.method.count
    precondition(names + call.bearer.count <= limits.headerBytes, "headers are over their limit")
    precondition(!call.service.isEmpty && !call.method.isEmpty, "a call without a name")
    precondition(!call.isStreaming, "gRPC's calls are unary")
    precondition(call.timeoutNanoseconds.map { $0 >= 0 } ?? true, "a negative timeout")
    return Array(copying: call.payload)
  }

  private mutating func answer(_ payload: [UInt8], _ stream: UInt32, _ choice: Int) {
    switch choice & 7 {
    case 0...3:
      // The last is larger than a window.
      let answer =
        choice & 3 == 0 ? payload : Array(repeating: 5, count: [0, 1, 20_000, 70_000][choice & 3])
      answers[stream] = answer
      framing.respond(to: stream, payload: answer.span)
    case 4:
      let text = "no \u{e9} % `\(stream)`"
      framing.fail(stream, Status(.notFound, text, reason: "R", metadata: [("k", "v")]))
    default: held.append(stream)
    }
  }

  /// What the daemon does between two reads.
  private mutating func proceed(_ choice: Int) {
    checkCount()
    if choice & 1 != 0, !held.isEmpty { answer([1, 2, 3], held.removeFirst(), 0) }
    if choice & 2 != 0, let stream = held.popLast() { answer([], stream, 4) }
    if choice & 12 != 12 {
      framing.flush(limit: choice & 4 == 0 ? 1 << 20 : choice)
      write(choice & 8 == 0 ? framing.output.count : min(framing.output.count, choice))
    }
    if choice & 0xf0 == 0xf0 { framing.beginDrain() }
  }

  private mutating func write(_ count: Int) {
    written += Array(copying: framing.output.bytes.extracting(first: count))
    framing.output.consume(count)
  }
}
