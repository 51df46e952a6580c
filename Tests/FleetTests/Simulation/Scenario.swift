internal import Fleet
internal import TestSupport

/// The parameters of a simulation, drawn from its seed.
struct Scenario {
  let seed: UInt64
  var focus: Focus
  var database: DatabaseKind
  var hostCount: Int
  var leaseNanoseconds: Int64
  var maximumRows: Int
  /// How often each host meets each of these in a lease, times 1000.
  var crashes = 0
  /// How many of 1000 ends of a process are orderly instead of a crash.
  var leaves = 200
  var stops = 0
  var sleeps = 0
  var slews = 0
  var cuts = 0
  var fullLedgers = 0
  var commands = 10_000
  /// How many of 1000 commands wait for the fleet.
  var fleetWaits = 300
  /// How often the database does in a lease, times 1000.
  var failovers = 0
  var restarts = 0
  var repairs = 0
  var cuttings = 0
  /// How many of 1000 commits the database loses at once, if it may.
  var suddenFailovers = 0
  /// How many of 1000 statements meet each of these.
  var unreachable = 0
  var lostBefore = 0
  var lostAfter = 0
  var late = 0
  /// The answer takes seconds.
  var slow = 0
  /// How many of 1000 selects an old primary answers while it is still there.
  var staleSelects = 0
  /// Whether hosts begin with formats of their own.
  var hasOldVersions = false
  var rules = SimulationRules()

  /// The kind of event that a seed has most of.
  enum Focus: UInt64, CaseIterable {
    case everything, network, database, clocks, workers, upgrade, joining, starving, crowd
  }

  /// How safe a commit is that the database has acknowledged.
  enum DatabaseKind {
    /// A synchronous standby: it is kept.
    case keeps
    /// The same, but the primary may restart and then shows what the standby does not have yet.
    case showsEarly
    /// An asynchronous standby: a failover forgets.
    case forgets
  }

  static func focus(of seed: UInt64) -> Focus {
    // A crowd takes long.
    if seed % 128 == 127 { return .crowd }
    return Focus(rawValue: seed % 8) ?? .everything
  }

  init(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    self.seed = seed
    focus = Self.focus(of: seed)
    let second: Int64 = 1_000_000_000
    leaseNanoseconds = [20 * second, 60 * second, 180 * second].random(&random)
    maximumRows = [1, 2, 3, 8, 512].random(&random)
    hostCount = 2 + random.below(4)
    database = .keeps
    switch focus {
    case .everything:
      database = [.keeps, .showsEarly, .forgets].random(&random)
      (crashes, stops, sleeps, slews) = (150, 150, 50, 100)
      cuttings = 50
      (cuts, fullLedgers, failovers, restarts, repairs) = (200, 50, 300, 200, 50)
      (unreachable, lostBefore, lostAfter, late, staleSelects) = (10, 10, 15, 15, 300)
      slow = 5
    case .network:
      (unreachable, lostBefore, lostAfter, late, cuts) = (30, 30, 60, 80, 400)
      (crashes, slow) = (400, 10)
    case .database:
      database = [.keeps, .showsEarly, .showsEarly, .forgets, .forgets].random(&random)
      (failovers, restarts, staleSelects, repairs, cuttings) = (400, 500, 400, 150, 150)
      suddenFailovers = 4
      (lostAfter, late, cuts, crashes) = (20, 20, 200, 50)
    case .clocks:
      leaseNanoseconds = 180 * second
      (slews, sleeps, stops, cuts, crashes) = (1500, 200, 100, 600, 200)
      commands = 4_000
    case .workers: (stops, cuts, sleeps) = (800, 100, 100)
    case .upgrade:
      hasOldVersions = true
      (crashes, stops, cuts, lostAfter) = (300, 300, 100, 10)
    case .joining:
      hostCount = 2
      leaseNanoseconds = 20 * second
      (crashes, leaves, slow, lostAfter, late) = (3000, 900, 250, 20, 20)
      (commands, fleetWaits) = (30_000, 900)
    case .crowd:
      hostCount = 150 + random.below(150)
      leaseNanoseconds = 60 * second
      maximumRows = 64
      commands = 300
      (crashes, stops, cuts, failovers) = (20, 20, 30, 100)
      (lostAfter, late, staleSelects) = (3, 3, 100)
    case .starving:
      hostCount = 3
      leaseNanoseconds = 20 * second
      maximumRows = 512
      commands = 0
    }
  }

  var pollNanoseconds: Int64 { focus == .crowd ? leaseNanoseconds / 20 : leaseNanoseconds / 30 }

  /// How long there are faults.
  var faultsNanoseconds: Int64 {
    switch focus {
    case .crowd: 3 * leaseNanoseconds
    case .starving: leaseNanoseconds / 2
    default: 6 * leaseNanoseconds
    }
  }
}

/// What a host and a database keep, besides the member: tests switch one off at a time.
struct SimulationRules {
  var member = MemberRules()
  /// An insert looks at where the log ends: a primary key alone does not.
  var insertIsGuarded = true
  /// A renewal needs the row that ends at what it has applied.
  var renewalNeedsRow = true
  /// So does an attempt to join.
  var joinNeedsRow = true
  /// What a renewal reads is from its own statement.
  var renewalReadsItself = true
  /// The host's clock is made of both clocks.
  var usesRaw = true
  /// Of each stretch the longer measure counts, and not of all time.
  var sumsStretches = true
  /// A process goes on with the clock that an earlier one kept with its lease.
  var resumesClock = true
  /// A lease does not outlive the machine's boot: its ledger may have less after it.
  var leaseEndsWithBoot = true
  /// A worker takes its snapshot after it has read the call.
  var snapshotsAfterCall = true
  /// A worker reads the clock last.
  var readsClockLast = true
  /// Rows move the counters for kept answers before they are told to be applied.
  var movesCountersBeforeApplied = true
  /// The page of counters has the lease.
  var pageHasLease = true
  /// And less of it than workers have, since clients look at one clock only.
  var pageLeaseAllowsForSlew = true
  /// The page ends with its process.
  var pageEndsWithProcess = true
  /// A client loads the lease before the counters.
  var clientLoadsLeaseFirst = true
  /// And reads the clock last.
  var clientReadsClockLast = true
  /// The operator removes a member only if its `seq` is still what was seen.
  var forgetNeedsSeq = true
  /// The format is raised only when all members can read it.
  var raisesFormatForAll = true
  /// A turn that is not passed on expires.
  var turnsExpire = true
}

extension Array {
  func random(_ random: inout SplitMix64) -> Element { self[random.below(count)] }
}

extension SplitMix64 {
  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

  mutating func below(_ bound: Int64) -> Int64 { Int64(next() % UInt64(Swift.max(bound, 1))) }

  /// Whether something happens that does so this many times in 1000.
  mutating func happens(_ perThousand: Int) -> Bool { perThousand > 0 && below(1000) < perThousand }

  /// The time until something happens the next time that does so every `mean` on average: anything
  /// up to twice that.
  mutating func until(mean: Int64) -> Int64 { 1 + below(2 * Swift.max(mean, 1)) }
}
