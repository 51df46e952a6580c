internal import EventLoop
internal import Messages
internal import Metrics
internal import Platform
internal import RPC
internal import Services

// Commands on their way to the writer and back.
extension FramedConnection where Wire: ~Copyable {
  func forward(_ stream: UInt32, _ call: IncomingCall, _ method: Method) -> Status? {
    let origin = CallOrigin(worker: worker.index, connection: id, stream: stream)
    let timer = call.timeoutNanoseconds.map {
      worker.loop.schedule(afterNanoseconds: $0, self, token: UInt64(stream))
    }
    var deadline: Int64?
    if let timeout = call.timeoutNanoseconds {
      let (moment, isOverflow) = worker.loop.now.addingReportingOverflow(timeout)
      deadline = isOverflow ? nil : moment
    }
    let refusal = worker.submit(
      method, peer, executable, HeldCredential(copying: call.credential(for: method.descriptor)),
      payload: call.payload, origin, deadline)
    if let refusal {
      if let timer { worker.loop.cancel(timer) }
      PendingCommand(method: method, begunNanoseconds: worker.loop.now, timer: nil)
        .count(Wire.wire, refusal.code, worker)
      return refusal
    }
    pending[stream] = PendingCommand(
      method: method, begunNanoseconds: worker.loop.now, timer: timer)
    return nil
  }

  func answer(_ stream: UInt32, _ result: Result<WipedBytes, Status>) {
    guard !isClosed else { return }
    if streams[stream] != nil { return answer(open: stream, result) }
    // Without an entry the deadline has answered already.
    guard let command = pending.removeValue(forKey: stream) else { return }
    if let timer = command.timer { worker.loop.cancel(timer) }
    FailPoint.answer.before()
    switch result {
    case .success(let payload):
      framing.respond(to: stream, payload: payload.span)
      command.count(Wire.wire, .ok, worker)
    case .failure(let status):
      framing.fail(stream, status)
      command.count(Wire.wire, status.code, worker)
    }
  }

  /// Ends a call whose deadline has passed.
  func deadlinePassed(_ stream: UInt32) {
    if streams[stream] != nil { return end(stream, .deadlineExceeded) }
    guard let command = pending.removeValue(forKey: stream) else { return }
    framing.fail(stream, .deadlineExceeded)
    command.count(Wire.wire, .deadlineExceeded, worker)
  }
}
