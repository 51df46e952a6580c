internal import Messages
internal import RPC
internal import TTRPC

/// Drives a framing as the server does, and keeps all that comes out of it.
struct Session: ~Copyable {
  enum Policy {
    /// Answers every call with its own payload while it is current, and every message of a stream
    /// with itself when it comes.
    case echo
    /// Opens every call that can be, and does no more.
    case open
    /// Answers none.
    case hold
    /// Holds every other call and answers it after the next.
    case alternate
  }

  struct Transcript: Equatable {
    var calls: [TakenCall] = []
    var events: [FramingEvent] = []
    var output: [UInt8] = []
    var violation: String?
    var openCalls = 0
  }

  var framing: TTRPCFraming
  let policy: Policy
  private(set) var calls: [TakenCall] = []
  /// The events but the calls.
  private(set) var events: [FramingEvent] = []
  private(set) var violation: String?
  private var held: TakenCall?

  init(_ policy: Policy = .echo, limits: FramingLimits = FramingLimits()) {
    framing = TTRPCFraming(limits: limits)
    self.policy = policy
  }

  var transcript: Transcript {
    Transcript(
      calls: calls, events: events, output: array(framing.output.bytes), violation: violation,
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
        while let event = try framing.nextEvent() { take(event) }
      }
    } catch {
      violation = error.reason
    }
  }

  /// Takes the events that come of what the owner did.
  mutating func settle() throws {
    while let event = try framing.nextEvent() { take(event) }
  }

  /// What the last `feed` and `settle` found, but calls; it is found once.
  mutating func takeEvents() -> [FramingEvent] {
    defer { events = [] }
    return events
  }

  /// All messages that wait on a stream, and what stands behind them.
  mutating func takeMessages(_ stream: UInt32) -> (messages: [[UInt8]], next: StreamInput) {
    var messages: [[UInt8]] = []
    while true {
      let next = framing.takeMessage(from: stream)
      guard next == .message else { return (messages, next) }
      messages.append(array(framing.currentMessage))
    }
  }

  private mutating func take(_ event: FramingEvent) {
    if case .call(let stream) = event { return take(stream) }
    events.append(event)
    if policy == .echo, case .readable(let stream) = event { echo(stream) }
  }

  private mutating func echo(_ stream: UInt32) {
    let (messages, next) = takeMessages(stream)
    for message in messages { framing.send(on: stream, payload: message.span) }
    if next == .ended { framing.finish(stream) }
  }

  private mutating func take(_ stream: UInt32) {
    let call = TakenCall(stream: stream, copying: framing.currentCall)
    calls.append(call)
    switch policy {
    case .hold: break
    case .open: if call.acceptsStream { framing.open(stream) }
    case .echo where call.streamsRequests: framing.open(stream)
    case .echo where call.acceptsStream:
      framing.open(stream)
      framing.send(on: stream, payload: call.payload.span)
      framing.finish(stream)
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
