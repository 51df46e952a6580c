internal import Fleet
internal import TestSupport

/// Thousands of members in a tree of relays, each with the daemon's own code, on one modelled
/// database. It measures how long a change takes to the last member, and what the database does.
final class TreeSimulation {
  struct Shape {
    var memberCount: Int
    /// How many members a relay has below it, and how many relays the database has: all members
    /// but these are leaves if it is zero.
    var childCount: Int
    var leaseNanoseconds: Int64 = 180_000_000_000
    var pollNanoseconds: Int64 = 100_000_000
    /// How long a message takes to the next node.
    var wayNanoseconds: Int64 = 500_000
  }

  /// What one change took.
  struct Change {
    let revision: UInt64
    let appendedTime: Int64
    /// When the last member that runs had applied it.
    var everywhereTime: Int64?
    /// When the command that waited for the fleet was answered.
    var reachedTime: Int64?
    var missingCount: Int
  }

  let shape: Shape
  let fleet: FleetRow
  var nodes: [TreeNode] = []
  var log: [LogRow] = []
  /// The members that the database lists.
  var members: [InstanceID: MemberRow] = [:]
  var now: Int64 = 0
  var queue = EventQueue<TreeEvent>()
  var changes: [Change] = []
  var violation: String?
  /// What the database has done: polls, and what commits.
  private(set) var readCount = 0
  private(set) var writeCount = 0
  private var random = SplitMix64(seed: 11)
  private var requestCount = 0
  /// When the database has done what it was asked.
  private var databaseFreeTime: Int64 = 0

  /// The database does so many of each in a second, as measured on two cores.
  private static let (readsPerSecond, writesPerSecond): (Int64, Int64) = (28_800, 5_700)
  /// Relays renew for children that wait at most this often.
  static let gatherNanoseconds: Int64 = 100_000_000

  init(_ shape: Shape) {
    self.shape = shape
    fleet = FleetRow(
      id: InstanceID(high: 1, low: 1), epoch: 1, term: 1, format: 1,
      leaseNanoseconds: shape.leaseNanoseconds, isReady: true)
    let settings = Member.Settings(pollNanoseconds: shape.pollNanoseconds)
    let relayCount =
      shape.childCount == 0 ? 0 : (shape.memberCount + shape.childCount) / (shape.childCount + 1)
    for index in 0..<shape.memberCount {
      let parent = index < relayCount || relayCount == 0 ? nil : index % relayCount
      nodes.append(TreeNode(index: index, parent: parent, fleet: fleet, settings: settings))
      queue.add(.tick(index), at: below(10 * shape.pollNanoseconds))
    }
    let relays = shape.childCount == 0 ? 0 : relayCount
    for index in 0..<relays {
      queue.add(.renewForChildren(index), at: below(Self.gatherNanoseconds))
    }
  }

  /// Runs until a time.
  func run(until end: Int64) {
    while violation == nil, let time = queue.nextTime, time <= end, let next = queue.next() {
      now = next.time
      handle(next.event)
    }
    now = end
  }

  func resetCounts() { (readCount, writeCount) = (0, 0) }

  /// How many members may answer.
  var answeringCount: Int { nodes.count { now < $0.leaseUntil && !$0.isStopped } }

  private func handle(_ event: TreeEvent) {
    switch event {
    case .tick(let index): tick(nodes[index])
    case .arrive(let request):
      if let parent = nodes[request.from].parent, request.lane == .follow {
        arrive(request, at: nodes[parent])
      } else {
        arriveAtDatabase(request)
      }
    case .answer(let index, let lane, let number, let answer):
      let node = nodes[index]
      guard node.sent[lane] == number, !node.isStopped else { return }
      node.sent[lane] = nil
      node.member.receive(answer, on: lane, at: now)
      drive(node)
    case .applied(let index): applied(nodes[index])
    case .renewForChildren(let index): renewForChildren(nodes[index])
    case .append(let index, let waits): append(nodes[index], waits: waits)
    case .stop(let index): nodes[index].isStopped = true
    }
  }

  private func tick(_ node: TreeNode) {
    guard !node.isStopped else { return }
    if !node.hasStarted {
      node.hasStarted = true
      node.member.start(at: now)
    } else {
      guard node.tickTime <= now else { return }
      node.tickTime = .max
      node.member.tick(at: now)
    }
    drive(node)
  }

  /// Does what a member wants.
  func drive(_ node: TreeNode) {
    while let action = node.member.nextAction() {
      switch action {
      case .send(let request, let lane): send(request, on: lane, from: node)
      case .apply(let rows, let id):
        node.applying = rows
        node.settling = id
        queue.add(.applied(node.index), at: now + 200_000 + below(1_000_000))
      case .lease(let end):
        node.leaseUntil = end
        answerParked(node)
      case .reached(let id): reached(id)
      case .decide(_, let verdict): decided(verdict, node)
      case .condition, .mayDecide, .clock, .fleet, .members, .raise, .reported: break
      }
    }
    if let next = node.member.nextTickNanoseconds {
      let time = max(now + 1000, next)
      if time < node.tickTime {
        node.tickTime = time
        queue.add(.tick(node.index), at: time)
      }
    }
  }

  private func send(_ request: UpstreamRequest, on lane: Lane, from node: TreeNode) {
    requestCount += 1
    node.sent[lane] = requestCount
    var request = request
    if case .renew(var row, let maximumRows, let readsMembers) = request, !node.children.isEmpty {
      // For all of its children: the rows in between come once more, and are known already.
      let revision = node.subtreeRevision(fleet, at: now)
      row.applied = revision == 0 ? .empty : log[Int(revision) - 1].end
      request = .renew(row, maximumRows: maximumRows, readsMembers: readsMembers)
      node.reported = revision
    }
    // An append passes through the relay.
    let hops: Int64 = lane == .append && node.parent != nil ? 2 : 1
    queue.add(
      .arrive(TreeRequest(from: node.index, lane: lane, number: requestCount, request: request)),
      at: now + hops * way())
  }

  func way() -> Int64 { shape.wayNanoseconds + below(shape.wayNanoseconds / 4) }

  func below(_ bound: Int64) -> Int64 { random.below(bound) }

  /// Sends an answer on its way.
  func answer(_ request: TreeRequest, _ answer: UpstreamAnswer, at time: Int64) {
    queue.add(
      .answer(request.from, request.lane, number: request.number, answer), at: time + way())
  }

  /// The database carries requests out one after another.
  private func arriveAtDatabase(_ request: TreeRequest) {
    let isRead = if case .poll = request.request { true } else { false }
    if isRead { readCount += 1 } else { writeCount += 1 }
    let cost = 1_000_000_000 / (isRead ? Self.readsPerSecond : Self.writesPerSecond)
    databaseFreeTime = max(databaseFreeTime, now) + cost
    answer(request, execute(request.request), at: databaseFreeTime)
  }

  private func execute(_ request: UpstreamRequest) -> UpstreamAnswer {
    switch request {
    case .poll(let after, let maximumRows):
      return .polled(polled(after, maximumRows: maximumRows, of: log.count))
    case .renew(let row, let maximumRows, let readsMembers):
      guard members[row.instance]?.seq == row.seq else { return .renewed(nil) }
      var polled = polled(row.applied, maximumRows: maximumRows, of: log.count)
      members[row.instance]?.seq += 1
      members[row.instance]?.applied = row.applied
      if readsMembers { polled.members = Array(members.values) }
      return .renewed(polled)
    case .join(let row, _):
      members[row.instance] = row
      return .joined(true)
    case .insert(let row, let after, _, _):
      guard (log.last?.end ?? .empty) == after else { return .inserted(false) }
      log.append(row)
      changes.append(
        Change(revision: row.last, appendedTime: now, missingCount: nodes.count { !$0.isStopped }))
      return .inserted(true)
    // All are of one version.
    case .raise: return .inserted(false)
    case .takeTurn, .giveTurn, .leave, .forget: return .done(true)
    case .members: return .members(Array(members.values))
    // No node is ever behind what the database has forgotten.
    case .report, .reports: return .reported(Array(members.values), [])
    }
  }

  /// What a node that has so many rows says. Each row has one entry.
  func polled(_ after: LogPosition, maximumRows: Int, of count: Int) -> Polled {
    let begin = min(Int(after.revision), count)
    let rows = Array(log[begin..<min(count, begin + maximumRows)])
    return Polled(
      fleet: fleet, end: Int(after.revision) <= count ? .known : .missing, rows: rows,
      isFull: rows.count == maximumRows, headRevision: UInt64(count), databaseNanoseconds: now)
  }

  private func applied(_ node: TreeNode) {
    guard let last = node.applying?.last, !node.isStopped else { return }
    if node.applying?.contains(where: \.isReport) == true { node.reportRevision = last.last }
    node.applying = nil
    let news = UInt64(node.rowCount) + 1..<last.last + 1
    node.rowCount = Int(last.last)
    for index in changes.indices where news.contains(changes[index].revision) {
      changes[index].missingCount -= 1
      if changes[index].missingCount == 0 { changes[index].everywhereTime = now }
    }
    node.member.applied(last.end, at: now)
    if node.settling.take() != nil { decided(.stands, node) }
    drive(node)
    answerParked(node)
  }

  private func append(_ node: TreeNode, waits: Bool) {
    guard node.member.applied == log.last?.end ?? .empty else {
      return violate("member \(node.index) is behind before it appends")
    }
    let row = row(UInt64(log.count) + 1, isReport: waits)
    node.member.propose(
      Proposal(id: ProposalID(row.last), after: node.member.applied, row: row), at: now)
    node.waitsFor = waits ? row.last : nil
    drive(node)
  }

  private func decided(_ verdict: Verdict, _ node: TreeNode) {
    guard verdict == .stands else { return violate("a member alone appends, and is \(verdict)") }
    guard let revision = node.waitsFor else { return }
    node.member.await(WaiterID(revision), revision: revision, at: now)
  }

  private func reached(_ id: WaiterID) {
    guard let index = changes.firstIndex(where: { $0.revision == id.number }) else { return }
    changes[index].reachedTime = now
    for node in nodes where node.rowCount < Int(id.number) && now < node.leaseUntil {
      violate("member \(node.index) may answer from before \(id.number), which all obey")
    }
  }

  func violate(_ what: String) {
    if violation == nil { violation = "at \(now / 1_000_000) ms: \(what)" }
  }
}
