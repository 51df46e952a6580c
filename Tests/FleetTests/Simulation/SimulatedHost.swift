internal import Fleet

/// A machine: its clocks, its ledger, and the process that runs on it, if one does.
final class SimulatedHost {
  let index: Int
  var format: UInt32
  /// The entries of its ledger by revision.
  var chain: [Int]
  /// Whether its ledger can't take anything.
  var isFull = false
  var process: SimulatedProcess?
  /// Counts processes, so that events for earlier ones are known.
  var processCount = 0
  /// What processes left behind in this boot.
  var kept: KeptLease?
  /// Processes that may still be listed.
  var predecessors: [InstanceID] = []

  /// Nothing runs until then: it was stopped, or the machine sleeps.
  var pausedUntil: Int64 = 0
  /// Nothing goes through to the database until then.
  var cutUntil: Int64 = 0
  /// Until then a wait for the fleet may end without it: the database has lost its row.
  var isExemptUntil: Int64 = 0
  /// The machine sleeps until then.
  var asleepUntil: Int64 = 0
  /// The client that keeps its answers.
  var client = KeptClient()
  /// How long a message takes to the database or back, in general.
  var distanceNanoseconds: Int64

  private var boottime: Double
  private var raw: Double
  private var clocksReadAt: Int64 = 0
  private let rawRate: Double
  private var boottimeRate: Double

  struct KeptLease {
    var clock: HostClock
    var untilNanoseconds: Int64
  }

  init(index: Int, format: UInt32, chain: [Int], distance: Int64, crystal: Double, uptime: Double) {
    self.index = index
    self.format = format
    self.chain = chain
    distanceNanoseconds = distance
    boottime = uptime
    raw = uptime / 2
    rawRate = crystal
    boottimeRate = crystal
  }

  /// Brings the system's clocks to a time at which the machine was awake since they were read.
  private func advanceClocks(to now: Int64) {
    let elapsed = Double(now - clocksReadAt)
    clocksReadAt = now
    raw += elapsed * rawRate
    boottime += elapsed * boottimeRate
  }

  /// From now on CLOCK_BOOTTIME is slewed by so much.
  func slew(by part: Double, at now: Int64) {
    advanceClocks(to: now)
    boottimeRate = rawRate * (1 + part)
  }

  /// The machine sleeps from now on.
  func sleep(until end: Int64, at now: Int64) {
    advanceClocks(to: now)
    boottime += Double(end - now)
    clocksReadAt = end
    asleepUntil = end
  }

  /// The machine was off: nothing of its clocks or of its kept lease means anything.
  func restart() { kept = nil }

  /// The same for a reader that leaves no trace.
  func clocksAhead(to now: Int64) -> (boottime: Int64, raw: Int64) {
    let elapsed = Double(max(0, now - clocksReadAt))
    return (Int64(boottime + elapsed * boottimeRate), Int64(raw + elapsed * rawRate))
  }

  func clocks(at now: Int64) -> (boottime: Int64, raw: Int64) {
    // While it sleeps no client reads them.
    if now > clocksReadAt { advanceClocks(to: now) }
    return (Int64(boottime), Int64(raw))
  }
}

/// A process of the daemon.
final class SimulatedProcess {
  let number: Int
  var member: Member
  var clock: HostClock
  /// What clients read.
  let page = SimulatedPage()
  /// What workers read.
  var leaseUntilNanoseconds: Int64 = .min
  /// The rows that are being applied.
  var applying: [LogRow]?
  /// The proposal whose row that is.
  var settling: ProposalID?
  /// The numbers of the requests under way; zero for none.
  var following = 0
  var inserting = 0
  /// When the next tick is due, by true time; to leave out those that were planned before.
  var tickTime: Int64 = .max
  var commands: [SimulatedCommand] = []
  var current: SimulatedCommand?
  var proposals: UInt64 = 0
  var lossesInARow = 0
  /// Whether its writer may decide, and has asked for its turn since it may not.
  var mayDecide = true
  var hasAskedForTurn = false
  /// A worker in the middle of a turn.
  var turn: WorkerTurn?
  /// Where BOOTTIME and RAW stood when the process began, for a rule that is switched off.
  let began: (boottime: Int64, raw: Int64)

  struct WorkerTurn {
    var revision: Int
    var clockNanoseconds: Int64
    var leaseUntilNanoseconds: Int64 = .min
    /// What the call must be answered from: an entry by its revision. Zero for nothing.
    var floor: (revision: Int, entry: Int) = (0, 0)
  }

  init(number: Int, member: Member, clock: HostClock, began: (boottime: Int64, raw: Int64)) {
    self.number = number
    self.member = member
    self.clock = clock
    self.began = began
  }
}

/// A command of a client.
struct SimulatedCommand {
  let token: Int
  /// Whether it issues the token; it revokes it otherwise.
  let isIssue: Bool
  let waitsForFleet: Bool
  /// Whether the token was good when it was asked, and how often that had changed.
  let wasGood: Bool
  let changes: Int
  /// The entries that it appends; empty for none.
  var ids: Range<Int> = 0..<0
  /// Whether it was decided before, in vain.
  var isAgain = false
  /// Whether it is the host's own, which raises the format of the log.
  var isRaise = false
}
