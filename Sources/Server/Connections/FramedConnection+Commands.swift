internal import EventLoop
internal import Messages
internal import Metrics
internal import Platform
internal import RPC
internal import Services

// Commands on their way to the writer and back.
extension FramedConnection where Wire: ~Copyable {
  func forwardCommand(_ call: IncomingCall, of method: Method, on stream: UInt32) -> Status? {
    let timer = call.timeoutNanoseconds.map {
      worker.loop.schedule(afterNanoseconds: $0, self, token: UInt64(stream))
    }
    var deadline: Int64?
    if let timeout = call.timeoutNanoseconds {
      let (moment, isOverflow) = worker.loop.now.addingReportingOverflow(timeout)
      deadline = isOverflow ? nil : moment
    }
    let caller = caller(
      on: stream,
      HeldCredential(copying: call.credential(bearerField: method.descriptor.bearerField)))
    let refusal = worker.submit(
      method, payload: call.payload, by: caller, deadlineNanoseconds: deadline)
    if let refusal {
      if let timer { worker.loop.cancel(timer) }
      PendingCommand(method: method, begunNanoseconds: worker.loop.now, timer: nil)
        .count(refusal.code, over: Wire.wire, on: worker)
      return refusal
    }
    pending[stream] = PendingCommand(
      method: method, begunNanoseconds: worker.loop.now, timer: timer)
    return nil
  }

  /// The caller of a command on a stream.
  func caller(on stream: UInt32, _ credential: HeldCredential) -> CommandCaller {
    CommandCaller(
      origin: CallOrigin(worker: worker.index, connection: identity.id, stream: stream),
      peer: identity.peer, executable: executable, credential: credential)
  }

  func deliverAnswer(_ result: Result<WipedBytes, Status>, to stream: UInt32) {
    guard !isClosed else { return }
    if streams[stream] != nil { return deliverStep(result, to: stream) }
    // Without an entry the deadline has answered already.
    guard let command = pending.removeValue(forKey: stream) else { return }
    if let timer = command.timer { worker.loop.cancel(timer) }
    FailPoint.answer.before()
    switch result {
    case .success(let payload):
      framing.respond(to: stream, payload: payload.span)
      command.count(.ok, over: Wire.wire, on: worker)
    case .failure(let status):
      framing.fail(stream, status)
      command.count(status.code, over: Wire.wire, on: worker)
    }
  }

  /// Ends a call whose deadline has passed.
  func deadlinePassed(_ stream: UInt32) {
    if streams[stream] != nil { return end(stream, .deadlineExceeded) }
    guard let command = pending.removeValue(forKey: stream) else { return }
    framing.fail(stream, .deadlineExceeded)
    command.count(.deadlineExceeded, over: Wire.wire, on: worker)
  }
}
