internal import EventLoop
internal import Ledger
internal import Messages
internal import Metrics
internal import Platform
internal import RPC
internal import Services
internal import Synchronization

/// One event-loop thread and the connections that live on it. Workers share nothing that changes.
@safe
final class Worker {
  let index: Int
  let limits: Limits
  let loop: EventLoop
  private let log: Log
  private let census: ConnectionCensus
  private let writer: Mailbox<WriterMessage>
  private let waiting: WaitingCommands
  let metrics: WorkerMetrics
  private var receiver: MailboxReceiver<WorkerMessage>?
  private var answerer: Answerer
  private var connections: [UInt64: any ServedConnection] = [:]
  private var nextConnection: UInt64 = 1
  /// The commands of the present turn, handed over together.
  private var commands: [WriterMessage] = []
  private(set) var isDraining = false

  /// What one read takes at most; all connections of the worker read into the same memory.
  let readBufferBytes = 64 << 10
  // SAFETY: allocated in init and freed in deinit; filled by a read, and lent by `readBytes`.
  let readBuffer: UnsafeMutableRawBufferPointer

  init(
    _ index: Int, _ mailbox: Mailbox<WorkerMessage>, ledger: Ledger, services: PosternServices,
    log: Log, limits: Limits, census: ConnectionCensus, writer: Mailbox<WriterMessage>,
    waiting: WaitingCommands, metrics: ServerMetrics
  ) throws {
    self.index = index
    self.limits = limits
    self.log = log
    self.census = census
    self.writer = writer
    self.waiting = waiting
    self.metrics = metrics.workers[index]
    loop = try EventLoop()
    answerer = try Answerer(
      ledger: ledger, services: services, limits: limits, metrics: self.metrics)
    unsafe readBuffer = .allocate(byteCount: readBufferBytes, alignment: 64)
    receiver = try MailboxReceiver(mailbox, on: loop) { [unowned self] messages in
      self.receive(&messages)
    }
    if limits.idleNanoseconds > 0 { IdleSweep(self, limits.idleNanoseconds).schedule() }
    loop.beforeWait = { [unowned self] in self.answerer.rest() }
  }

  deinit { unsafe readBuffer.deallocate() }

  /// Runs until a drain has closed the last connection.
  func run() throws(Errno) {
    try loop.run()
    try receiver?.close()
  }

  private func receive(_ messages: inout [WorkerMessage]) {
    var touched: [UInt64] = []
    for message in messages {
      switch message {
      case .accepted(let descriptor, let peer): accept(FileDescriptor(owning: descriptor), peer)
      case .answered(let answer):
        let id = answer.origin.connection
        connections[id]?.answer(answer.origin.stream, answer.result)
        if touched.last != id { touched.append(id) }
      case .probe(let answer): answer()
      case .drain: drain()
      }
    }
    messages.removeAll(keepingCapacity: true)
    for id in touched { connections[id]?.settle() }
  }

  private func accept(_ descriptor: consuming FileDescriptor, _ peer: Peer) {
    let id = nextConnection
    nextConnection += 1
    let sniffer = Sniffer(descriptor, peer, id, self)
    connections[id] = sniffer
    do { try sniffer.start() } catch { sniffer.close() }
    if isDraining { sniffer.drain() }
  }

  private func drain() {
    // Commands that have arrived are still taken; only then are further ones refused. The second
    // time is for what a sniffer has become.
    for connection in Array(connections.values) { connection.drain() }
    isDraining = true
    for connection in Array(connections.values) { connection.drain() }
    loop.schedule(afterNanoseconds: limits.drainNanoseconds, DrainEnd(self), token: 0)
    if connections.isEmpty { loop.stop() }
  }

  /// Closes what a drain has not finished in time.
  func endDrain() {
    if !connections.isEmpty {
      log.write(.warning, "calls were cut off", [("connections", "\(connections.count)")])
    }
    for connection in Array(connections.values) { connection.close() }
    loop.stop()
  }

  /// Closes the connections that have been silent since a time of the monotonic clock.
  func closeIdle(since nanoseconds: Int64) {
    for connection in Array(connections.values) { connection.closeIfIdle(since: nanoseconds) }
  }

  /// Puts another handler in the place of a connection's.
  func replace(_ id: UInt64, with connection: any ServedConnection) {
    connections[id] = connection
  }

  /// Forgets a connection that has closed.
  func remove(_ id: UInt64, _ peer: Peer) {
    guard connections.removeValue(forKey: id) != nil else { return }
    census.leave(peer.userID)
    log.write(.debug, "connection closed", [("pid", "\(peer.processID)")])
    if isDraining, connections.isEmpty { loop.stop() }
  }

  /// Notes that a peer was refused.
  func refused(_ reason: String, _ peer: Peer) {
    census.refusals.add(reason)
    log.write(
      .debug, "connection refused",
      [("reason", reason), ("uid", "\(peer.userID)"), ("pid", "\(peer.processID)")])
  }

  /// Reads what a connection has, for `readBytes` to lend.
  func read(_ descriptor: borrowing FileDescriptor) throws(Errno) -> ReadOutcome {
    let outcome = try unsafe descriptor.read(into: readBuffer)
    if case .bytes(let count) = outcome { metrics.receivedBytes.add(UInt64(count)) }
    return outcome
  }

  /// The bytes of the last `read`.
  @_lifetime(borrow self)
  func readBytes(_ count: Int) -> Span<UInt8> {
    let bytes = unsafe Span<UInt8>(_unsafeBytes: readBuffer[..<count])
    return unsafe _overrideLifetime(bytes, borrowing: self)
  }

  /// Takes calls off a framing and answers them. A command goes to `forward`, which may refuse it.
  func pump<Wire: Framing & ~Copyable>(
    _ framing: inout Wire, _ peer: Peer,
    _ forward: (UInt32, IncomingCall, Method) -> Status?
  ) throws(ProtocolViolation) -> PumpOutcome {
    try Self.pump(
      &framing, &answerer, peer, limit: limits.outputBytes,
      times: (loop.wallNow, loop.now), forward)
  }

  private static func pump<Wire: Framing & ~Copyable>(
    _ framing: inout Wire, _ answerer: inout Answerer, _ peer: Peer, limit: Int,
    times: (wall: Int64, monotonic: Int64), _ forward: (UInt32, IncomingCall, Method) -> Status?
  ) throws(ProtocolViolation) -> PumpOutcome {
    answerer.beginTurn()
    for _ in 0..<callsPerTurn {
      guard framing.output.count < limit else { return .outputFull }
      guard let stream = try framing.nextCall() else { return .idle }
      let status = handle(
        framing.currentCall, stream, &answerer, peer, Wire.wire, times, forward)
      switch status {
      case .answered: framing.respond(to: stream, payload: answerer.answer.bytes)
      case .failed(let status): framing.fail(stream, status)
      case .command: break
      }
    }
    return .turnOver
  }

  /// How many calls of one connection are answered before the others are looked at: about half a
  /// millisecond's worth.
  private static var callsPerTurn: Int { 256 }

  private static func handle(
    _ call: IncomingCall, _ stream: UInt32, _ answerer: inout Answerer, _ peer: Peer,
    _ wire: WireProtocol, _ times: (wall: Int64, monotonic: Int64),
    _ forward: (UInt32, IncomingCall, Method) -> Status?
  ) -> Answerer.Outcome {
    let outcome = answerer.handle(
      call, peer, wire, wallNanoseconds: times.wall, arrivedNanoseconds: times.monotonic)
    guard case .command(let method) = outcome, let status = forward(stream, call, method) else {
      return outcome
    }
    return .failed(status)
  }

  /// Takes a command for the writer, or says why not.
  func submit(
    _ method: Method, _ call: IncomingCall, _ peer: Peer, _ origin: CallOrigin, _ deadline: Int64?
  ) -> Status? {
    guard !isDraining else { return .draining }
    let count = waiting.count.add(1, ordering: .relaxed).newValue
    guard count <= limits.waitingCommands else {
      waiting.count.subtract(1, ordering: .relaxed)
      return .limit("max-waiting-commands", limits.waitingCommands)
    }
    commands.append(
      .command(
        Command(
          origin: origin, method: method, peer: peer, bearer: Array(copying: call.bearer),
          payload: Array(copying: call.payload), deadlineNanoseconds: deadline)))
    return nil
  }

  /// Hands the commands of this turn to the writer.
  func postCommands() {
    guard !commands.isEmpty else { return }
    writer.post(contentsOf: commands)
    commands.removeAll(keepingCapacity: true)
  }

  /// Does what can only fail when the descriptor is gone already, and then does not matter.
  func ignoreErrors(_ body: () throws(Errno) -> Void) {
    do { try body() } catch { log.write(.debug, "ignored", [("reason", "\(error)")]) }
  }
}
