internal import EpochPage
internal import EventLoop
internal import Ledger
internal import Messages
internal import Metrics
internal import Platform
internal import RPC
internal import Services
internal import Synchronization

/// One event-loop thread and the connections that live on it. Workers share nothing that changes.
///
/// No user waits because of another: an event only puts a connection into the run queue, and the
/// loop's turn ends with work on that queue, user by user and connection by connection, each for a
/// slice of time. The turn ends after `turnNanoseconds` even if work is left, so that messages,
/// timers and new arrivals are seen.
final class Worker {
  typealias Place = RunQueue<any ServedConnection>.Place

  let index: Int
  let limits: Limits
  let clock: LedgerClock
  let loop: EventLoop
  /// The page that clients keep answers by; nil for none.
  let epochs: EpochPage?
  private let log: Log
  private let census: ConnectionCensus
  private let link: WorkerLink
  private let routes: CommandRoutes
  let metrics: WorkerMetrics
  private var receiver: MailboxReceiver<WorkerMessage>?
  var answerer: Answerer
  private var connections: [UInt64: any ServedConnection] = [:]
  private var nextConnection: UInt64 = 1
  private var turns = RunQueue<any ServedConnection>()
  /// The connections with streams that wait for a new revision.
  private var followers: Set<UInt64> = []
  /// The commands of the present turn, handed over together.
  private var commands: [WriterMessage] = []
  /// The queries of each user that go on in further turns.
  private let queries = QueryLines()
  private(set) var isDraining = false
  private var budget: BufferBudget

  let readBuffer = ReadBuffer()

  init(
    _ context: DaemonContext, index: Int, link: WorkerLink, routes: CommandRoutes,
    census: ConnectionCensus, on loop: EventLoop
  ) throws {
    let metrics = context.services.status.metrics
    self.index = index
    self.link = link
    self.routes = routes
    self.census = census
    limits = context.limits
    epochs = context.ledger.epochs
    clock = context.services.status.clock
    log = context.log
    self.metrics = metrics.workers[index]
    budget = BufferBudget(limit: limits.bufferBytes / metrics.workers.count)
    self.loop = loop
    answerer = try Answerer(context, self.metrics, queries: queries)
    receiver = try MailboxReceiver(link.mailbox, on: loop) { [unowned self] messages in
      self.receive(&messages)
    }
    scheduleTimers()
    // A second after the first: however many attempts there are, the writer gets a table a second.
    let denialTimer = LoopTimer(on: loop) { [unowned self] in
      self.handOverDenials()
      return nil
    }
    loop.beforeWait = { [unowned self] in
      self.answerer.rest()
      if self.answerer.hasDenials { denialTimer.schedule(afterNanoseconds: 1_000_000_000) }
      self.metrics.longestTurnNanoseconds.set(UInt64(self.loop.longestTurnNanoseconds))
    }
    loop.work = { [unowned self] in self.runTurns() }
  }

  private func scheduleTimers() {
    // Twice in the time for which a connection may be idle or stalled.
    let periods = [limits.idleNanoseconds, limits.stallNanoseconds].filter { $0 > 0 }
    if let period = periods.min().map({ $0 / 2 }) {
      let closing = LoopTimer(on: loop) { [unowned self] in closeSilentConnections() ? period : 0 }
      closing.schedule(afterNanoseconds: period)
    }
    if limits.usageKeys > 0 {
      LoopTimer.every(nanoseconds: limits.usageIntervalNanoseconds, on: loop) { [unowned self] in
        // Not before the writer has written the last ones.
        if !link.usage.isPending.load(ordering: .acquiring) { postUses() }
      }
    }
  }

  /// Runs until a drain has closed the last connection.
  func run() throws(Errno) {
    try loop.run()
    try receiver?.close()
    postUses()
    handOverDenials()
  }

  private func receive(_ messages: inout [WorkerMessage]) {
    var touched: [UInt64] = []
    for message in messages {
      switch message {
      case .accepted(let descriptor, let peer): accept(FileDescriptor(owning: descriptor), peer)
      case .answered(let answer):
        let id = answer.origin.connection
        connections[id]?.deliverAnswer(answer.result, to: answer.origin.stream)
        if touched.last != id { touched.append(id) }
      case .published: revisionPublished()
      case .probe(let answer): answer()
      case .drain: drain()
      }
    }
    messages.removeAll(keepingCapacity: true)
    for id in touched { connections[id]?.requestTurn() }
  }

  private func accept(_ descriptor: consuming FileDescriptor, _ peer: Peer) {
    let id = nextConnection
    nextConnection += 1
    let identity = ConnectionIdentity(id: id, place: turns.join(user: peer.userID), peer: peer)
    replace(identity, with: Sniffer(descriptor, identity, worker: self))
    giveTurn(identity.place)
  }

  /// Begins to end: every connection hears of it in its next turn, which it gets now.
  private func drain() {
    isDraining = true
    for connection in connections.values { connection.requestTurn() }
    let end = LoopTimer(on: loop) { [unowned self] in
      endDrain()
      return nil
    }
    end.schedule(afterNanoseconds: limits.drainNanoseconds)
    if connections.isEmpty { loop.stop() }
  }

  /// Closes the connections that the drain has not finished in time.
  private func endDrain() {
    if !connections.isEmpty {
      log.warning("calls were cut off", [("connections", "\(connections.count)")])
    }
    for connection in Array(connections.values) { connection.close() }
    loop.stop()
  }

  /// Closes the connections that have been silent, or have not read, for too long; false where the
  /// turn was over before all were looked at.
  private func closeSilentConnections() -> Bool {
    let end = loop.now + limits.turnNanoseconds
    for connection in Array(connections.values) {
      let count = connections.count
      if limits.idleNanoseconds > 0 {
        connection.closeIfIdle(since: loop.now - limits.idleNanoseconds)
      }
      if limits.stallNanoseconds > 0 {
        connection.closeIfStalled(since: loop.now - limits.stallNanoseconds)
      }
      if connections.count < count, Clock.monotonicNanoseconds() >= end { return false }
    }
    return true
  }

  /// Notes what a connection holds for its peer, and closes the largest holders until the total
  /// fits. The connection may be one of them.
  func setHeldBytes(_ bytes: Int, of identity: ConnectionIdentity) {
    budget.setBytes(bytes, of: identity.id, user: identity.peer.userID)
    while let victim = budget.victim, let connection = connections[victim] {
      noteRefusal("max-buffer-bytes", of: connection.identity.peer)
      connection.close()
    }
    metrics.bufferBytes.set(UInt64(budget.total))
  }

  /// Gives the writer the attempts that were denied here.
  private func handOverDenials() {
    if let table = answerer.takeDenials() { routes.writer.post(.denied(table)) }
  }

  private func postUses() {
    guard let batch = answerer.takeUses() else { return }
    link.usage.isPending.store(true, ordering: .relaxed)
    routes.writer.post(.uses(batch, worker: index))
  }

  /// Puts another handler in the place of a connection's.
  func replace(_ identity: ConnectionIdentity, with connection: any ServedConnection) {
    connections[identity.id] = connection
    turns.fill(identity.place, with: connection)
  }

  /// Puts a connection into the run queue, unless it waits there already.
  func giveTurn(_ place: Place) { turns.add(place) }

  /// Whether a connection waits for its turn.
  func awaitsTurn(_ place: Place) -> Bool { turns.isWaiting(place) }

  /// Works until no connection waits or the turn is over; whether one still waits.
  private func runTurns() -> Bool {
    let end = loop.now + limits.turnNanoseconds
    while let connection = turns.next() {
      connection.takeTurn()
      if answerer.clockNanoseconds >= end { break }
    }
    return !turns.isEmpty
  }

  /// Begins the time of one connection, with its first look at the clock.
  func beginSlice() { answerer.beginSlice() }

  /// Whether the connection that runs has used up its slice, as of the last look at the clock.
  var isSliceOver: Bool { answerer.isSliceOver }

  /// Reads the clock, after work that may have taken long.
  func lookAtClock() { answerer.lookAtClock() }

  /// Forgets a connection that has closed.
  func remove(_ identity: ConnectionIdentity) {
    let peer = identity.peer
    guard connections.removeValue(forKey: identity.id) != nil else { return }
    turns.leave(identity.place)
    budget.setBytes(0, of: identity.id, user: peer.userID)
    metrics.bufferBytes.set(UInt64(budget.total))
    census.leave(peer.userID)
    log.debug("connection closed", [("pid", "\(peer.processID)")])
    if isDraining, connections.isEmpty { loop.stop() }
  }

  /// Admits a query that goes on in further turns, or says why not.
  func keepQuery(
    _ call: any StreamingCall, of identity: ConnectionIdentity, on stream: UInt32
  ) -> Status? {
    let (limit, user) = (limits.unfinishedQueries, identity.peer.userID)
    guard queries.count(of: user) < limit else {
      return .share(of: "max-unfinished-queries", limit)
    }
    queries.join(
      QueryLines.Place(connection: identity.id, stream: stream), of: user, isLong: call.isLongQuery)
    return nil
  }

  /// Notes that one has ended. The next long one of its user begins.
  func dropQuery(of identity: ConnectionIdentity, on stream: UInt32) {
    let place = QueryLines.Place(connection: identity.id, stream: stream)
    guard let next = queries.leave(place, of: identity.peer.userID) else { return }
    connections[next.connection]?.requestTurn()
  }

  /// Whether it is the turn of a long query. When the daemon ends, none waits for its turn.
  func runsQuery(of identity: ConnectionIdentity, on stream: UInt32) -> Bool {
    let place = QueryLines.Place(connection: identity.id, stream: stream)
    return isDraining || queries.isFirst(place, of: identity.peer.userID)
  }

  /// Notes that a peer was refused.
  func noteRefusal(_ reason: String, of peer: Peer) {
    census.refusals.add(reason)
    log.debug(
      "connection refused",
      [("reason", reason), ("uid", "\(peer.userID)"), ("pid", "\(peer.processID)")])
  }

  /// Tells the connections that wait for a revision, each of which takes its turn.
  private func revisionPublished() {
    link.revisions.lower()
    for id in Array(followers) { connections[id]?.ledgerChanged() }
  }

  /// Notes that a connection waits for a revision.
  func follow(_ id: UInt64) {
    guard followers.insert(id).inserted else { return }
    link.revisions.follow()
  }

  func unfollow(_ id: UInt64) {
    guard followers.remove(id) != nil else { return }
    link.revisions.unfollow()
  }

  /// Takes a command for the writer or a background thread, or says why not. What the check of the
  /// request takes, its caller's turn pays for.
  func submit(
    _ method: Method, payload: Span<UInt8>, by caller: CommandCaller,
    deadlineNanoseconds: Int64? = nil
  ) -> Status? {
    let checked: CheckedMessage
    do throws(Status) {
      checked = try method.check(payload, limits.decode)
    } catch {
      return error
    }
    let command = Command(
      origin: .call(caller.origin), method: method, peer: caller.peer,
      credential: caller.credential, executable: caller.executable, payload: checked,
      deadlineNanoseconds: deadlineNanoseconds)
    if case .background = method.descriptor.kind {
      if let refusal = routes.background.quota.admit(command) { return refusal }
      routes.background.mailbox.post(.command(command))
      return nil
    }
    if let refusal = routes.quota.admit(command) { return refusal }
    if command.needsPolicyFile {
      routes.policyFile.post(.command(command))
    } else {
      commands.append(.command(command))
    }
    return nil
  }

  /// Hands the commands of this turn to the writer.
  func postCommands() {
    guard !commands.isEmpty else { return }
    routes.writer.post(contentsOf: commands)
    commands.removeAll(keepingCapacity: true)
  }

  /// The methods of the contract, for a framing that has to know which of them stream.
  var methods: MethodTable { answerer.table }

  /// Ignores an error that only a closed descriptor can cause.
  func ignoreErrors(_ body: () throws(Errno) -> Void) {
    do { try body() } catch { log.debug("ignored", [("reason", "\(error)")]) }
  }
}
