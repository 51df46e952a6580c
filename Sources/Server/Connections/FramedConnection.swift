internal import EventLoop
internal import Messages
internal import Metrics
internal import Platform
internal import RPC
internal import Services

/// A connection that a sniffer can turn into.
protocol FramedServing: ServedConnection {
  /// Takes the bytes that told the protocol, and begins to read.
  func start(with received: borrowing ByteBuffer)
}

/// A connection that speaks one of the two protocols: reads, hands complete calls to the worker,
/// and writes answers.
///
/// Backpressure: while a peer leaves more than `outputBytes` of answers unread, it is not read and
/// its calls are not taken; both go on once it has read half of them.
final class FramedConnection<Wire: Framing & ~Copyable>: EventHandler, TimerHandler, FramedServing {
  private let worker: Worker
  private let id: UInt64
  private let peer: Peer
  private let descriptor: FileDescriptor
  private var framing: Wire
  private var registration: Registration?
  private var interest: Interest = []
  /// The commands that have not been answered, by stream.
  private var pending: [UInt32: PendingCommand] = [:]
  /// The timer that ends the second half of a drain.
  private var drainEnd: TimerID?
  /// The timer that goes on with calls that wait for this connection's next turn.
  private var resumption: TimerID?
  private var lastReadNanoseconds: Int64 = 0
  private var isDraining = false
  private var isClosed = false
  /// The peer has sent its last byte; what it has asked for is still answered.
  private var hasEnded = false

  init(
    _ descriptor: consuming FileDescriptor, _ framing: consuming Wire, _ peer: Peer, _ id: UInt64,
    _ worker: Worker
  ) {
    self.worker = worker
    self.id = id
    self.peer = peer
    self.descriptor = descriptor
    self.framing = framing
  }

  func start(with received: borrowing ByteBuffer) {
    do {
      interest = .readable
      lastReadNanoseconds = worker.loop.now
      registration = try worker.loop.add(descriptor.rawValue, interest, handler: self)
    } catch {
      return close()
    }
    receive(received.bytes)
    if !isClosed { proceed() }
  }

  func ready(_ readiness: Readiness) {
    if readiness.contains(.writable) { proceed() }
    if !isClosed, readiness.contains(.readable), interest.contains(.readable) { read() }
    if !isClosed, readiness.contains(.hangup), !interest.contains(.readable) { close() }
  }

  /// Reads once, so that a peer with much to say takes its turn like the others; false when there
  /// is nothing to read for now.
  @discardableResult
  private func read() -> Bool {
    do {
      switch try worker.read(descriptor) {
      case .bytes(let count):
        lastReadNanoseconds = worker.loop.now
        let worker = worker
        receive(worker.readBytes(count))
        if !isClosed { proceed() }
        return true
      case .wouldBlock: return false
      case .endOfFile:
        hasEnded = true
        proceed()
        return false
      }
    } catch {
      close()
      return false
    }
  }

  private func receive(_ bytes: Span<UInt8>) {
    do throws(ProtocolViolation) {
      try framing.receive(bytes)
    } catch {
      violated(error)
    }
  }

  /// Takes calls, writes answers, and decides what to wait for.
  private func proceed() {
    var outcome = PumpOutcome.outputFull
    while outcome == .outputFull {
      do throws(ProtocolViolation) {
        outcome = try worker.pump(&framing, peer) { stream, call, method in
          self.forward(stream, call, method)
        }
      } catch {
        return violated(error)
      }
      guard write() else { return close() }
      // Past the limit calls wait in the framing until the peer has read.
      if !framing.output.isEmpty { break }
    }
    worker.postCommands()
    if outcome == .turnOver, resumption == nil {
      resumption = worker.loop.schedule(afterNanoseconds: 0, self, token: Self.resumeToken)
    }
    let isAnswered = pending.isEmpty && framing.openCalls == 0 && outcome == .idle
    if framing.output.isEmpty, framing.isFinished || (hasEnded && isAnswered) { return close() }
    watch()
  }

  /// Writes as much as the socket takes; false when the peer is gone.
  private func write() -> Bool {
    framing.flush(limit: worker.limits.outputBytes)
    do {
      while !framing.output.isEmpty {
        switch try Self.send(framing.output, descriptor) {
        case .bytes(let count):
          framing.output.consume(count)
          worker.metrics.sentBytes.add(UInt64(count))
        case .wouldBlock: return true
        }
        framing.flush(limit: worker.limits.outputBytes)
      }
      framing.output.shrink(to: 64 << 10)
      return true
    } catch {
      return false
    }
  }

  private static func send(
    _ output: borrowing ByteBuffer, _ descriptor: borrowing FileDescriptor
  ) throws(Errno) -> WriteOutcome {
    try descriptor.send(output.bytes)
  }

  private func watch() {
    var wanted: Interest = []
    if !framing.output.isEmpty { wanted.insert(.writable) }
    if !hasEnded, framing.output.count < worker.limits.outputBytes / 2 { wanted.insert(.readable) }
    guard wanted != interest, let registration else { return }
    interest = wanted
    do { try worker.loop.modify(registration, wanted) } catch { close() }
  }

  /// Passes a command on to the writer.
  private func forward(_ stream: UInt32, _ call: IncomingCall, _ method: Method) -> Status? {
    let origin = CallOrigin(worker: worker.index, connection: id, stream: stream)
    var timer: TimerID?
    var deadline: Int64?
    if let timeout = call.timeoutNanoseconds {
      timer = worker.loop.schedule(afterNanoseconds: timeout, self, token: UInt64(stream))
      deadline = worker.loop.now.addingReportingOverflow(timeout).partialValue
      if let moment = deadline, moment < worker.loop.now { deadline = nil }
    }
    if let status = worker.submit(method, call, peer, origin, deadline) {
      if let timer { worker.loop.cancel(timer) }
      PendingCommand(method: method, begunNanoseconds: worker.loop.now, timer: nil)
        .count(Wire.wire, status.code, worker)
      return status
    }
    pending[stream] = PendingCommand(
      method: method, begunNanoseconds: worker.loop.now, timer: timer)
    return nil
  }

  func answer(_ stream: UInt32, _ result: Result<[UInt8], Status>) {
    // Without an entry the deadline has answered already.
    guard !isClosed, let command = pending.removeValue(forKey: stream) else { return }
    if let timer = command.timer { worker.loop.cancel(timer) }
    switch result {
    case .success(let payload):
      framing.respond(to: stream, payload: payload.span)
      command.count(Wire.wire, .ok, worker)
    case .failure(let status):
      framing.fail(stream, status)
      command.count(Wire.wire, status.code, worker)
    }
  }

  func settle() {
    if !isClosed { proceed() }
  }

  func timerFired(token: UInt64) {
    let stream = UInt32(truncatingIfNeeded: token)
    if token == Self.drainToken {
      drainEnd = nil
      framing.beginDrain()
    } else if token == Self.resumeToken {
      resumption = nil
    } else if let command = pending.removeValue(forKey: stream) {
      framing.fail(stream, .deadlineExceeded)
      command.count(Wire.wire, .deadlineExceeded, worker)
    }
    proceed()
  }

  // Tokens of timers that are no stream ids.
  private static var drainToken: UInt64 { 1 << 32 }
  private static var resumeToken: UInt64 { 2 << 32 }

  func drain() {
    guard !isDraining, !isClosed else { return }
    // What has arrived was sent before the peer could know: it is answered.
    for _ in 0..<64 where !isClosed && interest.contains(.readable) {
      guard read() else { break }
    }
    while !isClosed, let turn = resumption {
      worker.loop.cancel(turn)
      resumption = nil
      proceed()
    }
    guard !isClosed else { return }
    isDraining = true
    framing.beginDrain()
    // HTTP/2 announces the end first and names the last stream a little later, so that calls that
    // cross the announcement are served.
    drainEnd = worker.loop.schedule(
      afterNanoseconds: 100_000_000, self, token: Self.drainToken)
    proceed()
  }

  func closeIfIdle(since limit: Int64) {
    if lastReadNanoseconds < limit, pending.isEmpty, framing.openCalls == 0 { close() }
  }

  private func violated(_ violation: ProtocolViolation) {
    worker.refused(violation.reason, peer)
    _ = write()
    close()
  }

  func close() {
    guard !isClosed else { return }
    isClosed = true
    if let registration {
      worker.ignoreErrors { () throws(Errno) in try worker.loop.remove(registration) }
    }
    registration = nil
    // A timer would keep the connection, and with it the descriptor.
    for timer in pending.values.map(\.timer) + [drainEnd, resumption] {
      if let timer { worker.loop.cancel(timer) }
    }
    pending.removeAll()
    worker.remove(id, peer)
  }
}
