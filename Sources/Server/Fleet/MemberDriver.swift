internal import EventLoop
internal import Fleet
internal import FleetStore
internal import Ledger
internal import Metrics
internal import Platform
internal import Services

/// Drives the host's member of the fleet: tells it what happened, and does what it wants.
///
/// It owns the connections to the database, and runs on the writer's thread, so that a change is
/// proposed and committed without a change of threads. It never waits for the database; nor does
/// the writer for the disk, but for checkpoints where room is scarce and for what no fleet keeps.
/// They tell each other by messages. Workers see what it learns by the lease and the membership.
final class MemberDriver {
  private let ledger: Ledger
  private let log: FleetLog
  private let membership: FleetMembership
  private let writer: Mailbox<WriterMessage>
  private let loop: EventLoop
  private let store: FleetStore
  private var receiver: MailboxReceiver<FleetMessage>?
  private var member: Member
  private var clock: SystemHostClock
  private let time: FleetTime
  private let ledgerClock: LedgerClock
  private var note: FleetNoteKeeper
  private var isStopping = false
  private var wasBehind = false
  /// Whether a ledger of no fleet was told to belong to one.
  private var isMarked = false
  private var isPerforming = false
  /// The answers that came while actions were performed.
  private var answers: [(answer: UpstreamAnswer, lane: Lane, sentNanoseconds: Int64)] = []
  private lazy var timer = LoopTimer(on: loop) { [unowned self] in
    member.tick(at: clock.read())
    perform()
    return nil
  }

  /// How long the end waits for the database to forget this member.
  private static let leavingNanoseconds: Int64 = 1_000_000_000

  init(
    _ context: DaemonContext, _ access: FleetAccess, membership: FleetMembership,
    writer: Mailbox<WriterMessage>, on loop: EventLoop
  ) throws {
    ledger = context.ledger
    self.membership = membership
    self.writer = writer
    log = FleetLog(context.log)
    time = access.link.time
    ledgerClock = context.services.status.clock
    self.loop = loop
    store = try access.makeStore(on: loop)
    var clock = SystemHostClock()
    member = access.makeMember(of: ledger, clock: &clock)
    self.clock = clock
    note = FleetNoteKeeper(folder: ledger.folder, instance: access.instance, context.log)
    receiver = try MailboxReceiver(access.link.mailbox, on: loop) { [unowned self] messages in
      for message in messages { receive(message) }
      messages.removeAll(keepingCapacity: true)
      perform()
    }
  }

  /// Begins; the rest happens on the loop.
  func begin() {
    member.start(at: clock.read())
    perform()
  }

  /// Leaves the fleet: runs the loop until the database has forgotten the member, or a second has
  /// passed.
  func finish() throws(Errno) {
    isStopping = true
    member.leave(at: clock.read())
    let end = LoopTimer(on: loop) { [unowned self] in
      loop.stop()
      return nil
    }
    end.schedule(afterNanoseconds: Self.leavingNanoseconds)
    perform()
    try loop.run()
    store.close()
    try receiver?.close()
  }

  private func receive(_ message: FleetMessage) {
    let now = clock.read()
    switch message {
    case .propose(let proposal): member.propose(proposal, at: now)
    case .applied(let position): member.applied(position, at: now)
    case .applyFailed(let problem, let position):
      member.applyFailed(problem, applied: position, at: now)
    case .wait(let id, let revision): member.await(id, revision: revision, at: now)
    case .abandon(let id): member.abandon(id, at: now)
    case .demand: member.demand(at: now)
    case .wantTurn: member.wantTurn(at: now)
    case .idle: member.beIdle(at: now)
    }
  }

  /// Does what the member wants, until it wants nothing more. Answers that come meanwhile are told
  /// afterwards: the member must not be told anything while it is asked.
  private func perform() {
    guard !isPerforming else { return }
    isPerforming = true
    repeat {
      while let action = member.nextAction() { perform(action) }
      let arrived = answers
      answers.removeAll(keepingCapacity: true)
      for (answer, lane, sent) in arrived { take(answer, on: lane, sentNanoseconds: sent) }
      if arrived.isEmpty { isPerforming = false }
    } while isPerforming
    if isStopping, member.hasLeft { loop.stop() }
    renewLease()
    schedule()
  }

  private func perform(_ action: MemberAction) {
    switch action {
    case .send(let request, let lane): send(request, on: lane)
    case .apply(let rows, let id): writer.post(.fleet(.apply(rows, settling: id)))
    case .mayDecide(let may): writer.post(.fleet(.mayDecide(may)))
    case .decide(let id, let verdict): decide(id, verdict)
    // It is moved after the last action.
    case .lease: break
    case .reached(let id): writer.post(.fleet(.reached(id)))
    case .condition(let condition):
      // A process that reads `following` in the status may ask the workers at once.
      renewLease()
      begin(condition)
    case .clock(let database, let sent, _):
      noteClock(database, sentNanoseconds: sent)
    case .fleet(let row): follow(row)
    case .members(let rows): membership.noteMembers(rows)
    case .raise(let format): writer.post(.fleet(.raise(to: format)))
    case .reported(let rows, let reports): membership.noteReports(rows, reports)
    }
  }

  private func send(_ request: UpstreamRequest, on lane: Lane) {
    let sent = clock.read()
    store.send(request, on: lane) { [weak self] answer in
      guard let self else { return }
      answers.append((answer, lane, sent))
      perform()
    }
  }

  private func take(_ answer: UpstreamAnswer, on lane: Lane, sentNanoseconds sent: Int64) {
    let now = clock.read()
    membership.note(answer, on: lane, tookNanoseconds: now - sent)
    member.receive(answer, on: lane, at: now)
  }

  private func decide(_ id: ProposalID, _ verdict: Verdict) {
    if case .superseded = verdict { membership.metrics.conflicts.add() }
    writer.post(.fleet(.decide(id, verdict)))
  }

  private func noteClock(_ database: Int64, sentNanoseconds sent: Int64) {
    ledgerClock.catchUp(toNanoseconds: database)
    let own = ledgerClock.read().nanoseconds
    let roundTrip = clock.read() - sent
    let wasOff = time.skewNanoseconds != nil
    let wall = Clock.wallNanoseconds()
    time.note(database, roundTripNanoseconds: roundTrip, own: own, wall: wall)
    if wasOff != (time.skewNanoseconds != nil) { log.tellSkew(time.skewNanoseconds) }
    membership.noteClock(ahead: wall - database - roundTrip / 2)
  }

  private func begin(_ condition: MemberCondition) {
    if membership.begin(condition) { log.tell(condition) }
    writer.post(.fleet(.problem(condition.problem)))
    if condition == .following { writer.post(.fleet(.following)) }
    if condition.isBehind != wasBehind {
      wasBehind = condition.isBehind
      writer.post(.fleet(.behind(wasBehind)))
    }
  }

  /// A ledger of no fleet becomes that of the fleet which it has begun. To join any other fleet,
  /// the daemon has to start again.
  private func follow(_ row: FleetRow) {
    guard row.isReady, ledger.fleetID == nil, !isMarked else { return }
    isMarked = true
    let own = ledger.identity
    guard row.id == InstanceID(high: own.id.high, low: own.id.low), row.epoch == own.epoch else {
      log.tellToStartAgain(row)
      return membership.startAgain()
    }
    writer.post(.fleet(.mark(row.id)))
  }

  /// Moves the lease for the workers by each of the two clocks, at every event: the longer the
  /// clocks are not compared, the less either tells about the other.
  private func renewLease() {
    let end = member.lease.endNanoseconds
    let now = clock.read()
    let lease = end <= now ? FleetLease.End.never : FleetLease.End(inNanoseconds: end - now)
    membership.lease.move(to: lease)
    note.keep(lease, memberEndNanoseconds: end)
  }

  private func schedule() {
    timer.cancel()
    guard let next = member.nextTickNanoseconds else { return }
    timer.schedule(afterNanoseconds: max(0, next - clock.read()))
  }
}

extension MemberCondition {
  fileprivate var isBehind: Bool { if case .catchingUp = self { true } else { false } }
}
