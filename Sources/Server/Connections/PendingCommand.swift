internal import EventLoop
internal import Metrics
internal import RPC
internal import Services

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
