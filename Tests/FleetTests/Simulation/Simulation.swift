internal import Fleet
internal import TestSupport

/// A fleet with its database, network, clocks and operator, all from one seed: the members are the
/// daemon's own code, everything around them is a model that does the worst it may. After each step
/// the promises are checked; at the end the faults stop and every host must recover.
///
/// Time is true time in nanoseconds; only the simulation knows it.
final class Simulation {
  let scenario: Scenario
  var rules: SimulationRules { scenario.rules }
  var random: SplitMix64
  /// The dice of clients that keep answers.
  var clientRandom: SplitMix64
  var now: Int64 = 0
  var queue = EventQueue<SimulationEvent>()
  var database: SimulatedDatabase
  var hosts: [SimulatedHost] = []
  var entries: [SimulatedEntry]
  /// Statements whose answers wait for the standby, by the count of writes they need.
  var commits: [(writeCount: Int, statement: Statement)] = []
  /// What they will be answered, by the number of their request.
  var answers: [Int: UpstreamAnswer] = [:]
  var requestCount = 0
  var waits: [UInt64: (revision: Int, entry: Int)] = [:]
  var tokens: SimulatedTokens
  var promises = Promises()
  /// Members as the operator saw them last.
  var operatorSaw: [InstanceID: (seq: UInt64, sinceTime: Int64)] = [:]
  var repairTime: Int64?
  /// Whether the faults are over.
  var isQuiet = false
  var isReplicating = false
  /// Nothing reaches the standby until then.
  var standbyIsAwayUntil: Int64 = 0
  var steps = 0
  /// What was broken first; nil for nothing.
  var violation: String?
  /// Told about every step, to find out why.
  var trace: ((String) -> Void)?

  /// Runs it to its end, or to the first violation.
  static func run(_ scenario: Scenario, trace: ((String) -> Void)? = nil) -> Simulation {
    let simulation = Simulation(scenario)
    simulation.trace = trace
    simulation.begin()
    simulation.run()
    return simulation
  }

  private init(_ scenario: Scenario) {
    self.scenario = scenario
    random = SplitMix64(seed: scenario.seed ^ 0x5eed)
    clientRandom = SplitMix64(seed: scenario.seed ^ 0xc11e)
    // Entry 0 is none: the hash of an empty log is zero.
    entries = [SimulatedEntry(previous: 0, token: nil, isIssue: false, format: 1, revision: 0)]
    tokens = SimulatedTokens(count: scenario.focus == .crowd ? 40 : 6)
    let fleet = FleetRow(
      id: InstanceID(high: 1, low: 1), epoch: 1, term: 1, format: 1,
      leaseNanoseconds: scenario.leaseNanoseconds, isReady: true)
    database = SimulatedDatabase(
      DatabaseState(fleet: fleet), isSynchronous: scenario.database != .forgets)
  }

  private func begin() {
    var state = DatabaseState(fleet: database.written.fleet)
    state.fleet.isReady = !random.happens(100)
    state.turnsExpire = rules.turnsExpire
    for _ in 0..<random.below(4) {
      let ids = makeEntries(after: state.chain.last ?? 0, count: 1 + random.below(5))
      state.apply(.append(row(of: ids, isReport: false), ids: ids))
    }
    database = SimulatedDatabase(state, isSynchronous: database.isSynchronous)
    noteVisible()
    if !state.fleet.isReady {
      queue.add(.makeReady, at: random.below(scenario.leaseNanoseconds))
    }
    for index in 0..<scenario.hostCount {
      let isFar = scenario.focus == .starving ? index == 0 : random.happens(100)
      let host = SimulatedHost(
        index: index, format: scenario.hasOldVersions && random.happens(500) ? 1 : 2,
        chain: Array(state.chain.prefix(random.below(state.chain.count + 1))),
        distance: isFar ? 30_000_000 : 500_000, crystal: 1 + Double(random.below(1000) - 500) / 1e6,
        uptime: Double(random.below(1_000_000_000_000 as Int64)))
      hosts.append(host)
      queue.add(.start(index), at: random.below(scenario.pollNanoseconds * 4))
      planFault(of: host)
      planCommand(of: host)
      queue.add(.worker(index), at: random.below(scenario.leaseNanoseconds / 10))
      planClient(of: host)
    }
    planDatabaseFault()
    queue.add(.operate, at: scenario.leaseNanoseconds / 4)
    queue.add(.quiet, at: scenario.faultsNanoseconds)
  }

  private func run() {
    let maximumSteps = 60_000 + scenario.hostCount * 30_000
    while violation == nil, let (time, event) = queue.next() {
      now = time
      steps += 1
      if case .end = event {
        checkConvergence()
        return
      }
      handle(event)
      if steps > maximumSteps { violate("no end of steps") }
    }
  }

  func violate(_ what: String) {
    guard violation == nil else { return }
    violation = "seed \(scenario.seed), at \(now / 1_000_000) ms: \(what)"
    trace?("\(now / 1_000_000) VIOLATION \(what)")
  }
}

enum SimulationEvent {
  case start(Int)
  case tick(Int, process: Int)
  case execute(Statement)
  case deliver(UpstreamAnswer, to: Statement)
  case applied(Int, process: Int)
  case command(Int)
  case worker(Int)
  case client(Int)
  case moveCounter(Int, process: Int)
  case workerCall(Int, process: Int)
  case workerAnswer(Int, process: Int)
  case replicate(Int)
  case hostFault(Int)
  case databaseFault
  case failOver
  case giveUpCommits
  case forget(InstanceID, seq: UInt64)
  case makeReady
  case operate
  case quiet
  case end
}

/// A request on its way.
struct Statement {
  let host: Int
  let process: Int
  let lane: Lane
  let number: Int
  let request: UpstreamRequest
  /// How long its answer takes; nil if it gets lost.
  let answerNanoseconds: Int64?
  /// Whether a server that was replaced answers it, if there is one.
  let isStale: Bool
}

/// An entry of the log, or one that was to be.
struct SimulatedEntry {
  let previous: Int
  let token: Int?
  let isIssue: Bool
  let format: UInt32
  let revision: Int
  /// Whether its command was answered: it stands.
  var isAcknowledged = false
  /// Whether its command was decided anew, or refused: it may stand nowhere.
  var isDead = false
}

extension Simulation {
  /// Makes entries that follow another.
  func makeEntries(
    after previous: Int, count: Int, token: Int? = nil, isIssue: Bool = false, format: UInt32 = 1
  ) -> Range<Int> {
    let first = entries.count
    for index in 0..<count {
      let before = index == 0 ? previous : entries.count - 1
      let id = entries.count
      entries.append(
        SimulatedEntry(
          previous: before, token: index == 0 ? token : nil, isIssue: isIssue, format: format,
          revision: entries[before].revision + 1))
      if index == 0, let token { tokens.entries[token].append(id) }
    }
    return first..<entries.count
  }

  func row(of ids: Range<Int>, isReport: Bool, term: UInt64 = 1) -> LogRow {
    let last = ids.upperBound - 1
    return LogRow(
      first: UInt64(entries[ids.lowerBound].revision), end: position(of: last), term: term,
      isReport: isReport,
      entries: (0..<4).map { UInt8(truncatingIfNeeded: last >> (8 * $0)) })
  }

  func position(of entry: Int) -> LogPosition {
    LogPosition(
      revision: UInt64(entries[entry].revision), hash: LogHash(UInt64(entry), (0, 0, 0)))
  }

  /// The entries of a row. Those of one row were made one after the other.
  func ids(of row: LogRow) -> Range<Int> {
    var last = 0
    for index in 0..<4 { last |= Int(row.entries[index]) << (8 * index) }
    return (last - Int(row.last - row.first))..<(last + 1)
  }
}
