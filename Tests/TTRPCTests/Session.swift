internal import Messages
internal import RPC
internal import TTRPC

/// Drives a framing as the server does, and keeps all that comes out of it.
struct Session: ~Copyable {
  enum Policy {
    /// Answers every call with its own payload while it is current.
    case echo
    /// Answers none.
    case hold
    /// Holds every other call and answers it after the next.
    case alternate
  }

  struct Transcript: Equatable {
    var calls: [TakenCall] = []
    var output: [UInt8] = []
    var violation: String?
    var openCalls = 0
  }

  var framing: TTRPCFraming
  let policy: Policy
  private(set) var calls: [TakenCall] = []
  private(set) var violation: String?
  private var held: TakenCall?

  init(_ policy: Policy = .echo, limits: FramingLimits = FramingLimits()) {
    framing = TTRPCFraming(limits: limits)
    self.policy = policy
  }

  var transcript: Transcript {
    Transcript(
      calls: calls, output: array(framing.output.bytes), violation: violation,
      openCalls: framing.openCalls)
  }

  var answers: [Answer]? { Answer.all(in: array(framing.output.bytes)) }

  /// Feeds `bytes` in pieces of the sizes that `size` gives, from what is left.
  mutating func feed(_ bytes: [UInt8], piece size: (Int) -> Int = { $0 }) {
    var rest = bytes.span
    do throws(ProtocolViolation) {
      while !rest.isEmpty {
        let count = min(max(size(rest.count), 1), rest.count)
        try framing.receive(rest.extracting(first: count))
        rest = rest.extracting(droppingFirst: count)
        while let stream = try framing.nextCall() { take(stream) }
      }
    } catch {
      violation = error.reason
    }
  }

  private mutating func take(_ stream: UInt32) {
    let call = TakenCall(stream: stream, copying: framing.currentCall)
    calls.append(call)
    switch policy {
    case .hold: break
    case .echo: framing.respond(to: stream, payload: call.payload.span)
    case .alternate:
      guard let earlier = held else {
        held = call
        return
      }
      framing.respond(to: stream, payload: call.payload.span)
      framing.fail(earlier.stream, Status(.notFound, "held"))
      held = nil
    }
  }
}
