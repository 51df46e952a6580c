internal import EventLoop
internal import Metrics
internal import RPC
internal import Services

/// A call that streams, or a query that takes several turns, and what its connection knows of it.
final class OpenStream {
  let method: Method
  let call: any StreamingCall
  /// The credential where steps go to the writer, which looks at it again each time; otherwise
  /// absent. A secret.
  private(set) var credential: HeldCredential
  /// When the call was opened, on the monotonic clock.
  let begunNanoseconds: Int64
  /// The timer of its deadline; nil for none.
  var deadline: TimerID?
  /// The timer that ends its waiting.
  var alarm: TimerID?
  /// Whether it waits for the writer's answer to a step.
  var awaitsWriter = false
  /// Whether it waits among the streams that have something to do.
  var isDue = false
  var requestsHaveEnded = false

  init(
    _ call: any StreamingCall, of method: Method, credential: HeldCredential,
    begunNanoseconds: Int64
  ) {
    self.method = method
    self.call = call
    self.credential = credential
    self.begunNanoseconds = begunNanoseconds
  }

  /// Takes the credential that a message of the peer's may give beside that of the call: a stream
  /// of requests names it in its first message. Returns why that is refused; nil where it isn't.
  func takeCredential(of message: Span<UInt8>) -> Refusal? {
    guard let field = method.descriptor.bearerField else { return nil }
    let held = credential
    let joined = held.borrowed.joined(with: Credential(field: field, of: message))
    if case .malformed(let refusal) = joined { return refusal }
    if held.isAbsent { credential = HeldCredential(copying: joined) }
    return nil
  }

  /// Whether it is a query that takes several turns.
  var isQuery: Bool {
    if case .query = method.descriptor.kind { true } else { false }
  }

  /// Counts how the call ended.
  func count(_ code: StatusCode, over wire: WireProtocol, on worker: Worker) {
    worker.metrics.calls(of: method.rawValue)
      .answered(wire, code, nanoseconds: worker.loop.now - begunNanoseconds)
  }
}

/// A command that the writer has not answered.
struct PendingCommand {
  let method: Method
  /// When the command was taken, on the monotonic clock.
  let begunNanoseconds: Int64
  /// The timer of its deadline; nil for none.
  let timer: TimerID?

  /// Counts the answer that its caller gets.
  func count(_ code: StatusCode, over wire: WireProtocol, on worker: Worker) {
    worker.metrics.calls(of: method.rawValue)
      .answered(wire, code, nanoseconds: worker.loop.now - begunNanoseconds)
  }
}
