package import EpochPage
package import Ledger
package import Metrics
package import Platform
package import Synchronization

/// What the server knows about itself, for the services to report.
package final class ServingStatus: Sendable {
  /// The version of the daemon, after Semantic Versioning.
  package let version: String
  /// The clock by which tokens end and entries are stamped.
  package let clock: LedgerClock
  /// In the ledger's time, in nanoseconds since 1970.
  package let startedAtNanoseconds: Int64
  package let workerCount: Int
  package let processID: Int32
  /// What the threads count.
  package let metrics: ServerMetrics
  /// The bytes that the ledger takes on the disk.
  package let ledgerBytes: @Sendable () -> Int
  /// The bytes that the ledger may take on the disk.
  package let ledgerLimitBytes: Int
  /// The commits since the oldest view that a reader of the ledger holds.
  package let readerLag: @Sendable () -> Int
  /// Whether the tables are known not to be what the log says: nothing is answered from them.
  package let isLedgerDistrusted: @Sendable () -> Bool
  /// The lines of the log that standard error did not take.
  package let lostLogLines: @Sendable () -> UInt64
  /// How often the file `host` beside the ledger was gone and made anew.
  package let hostFileRenewals: @Sendable () -> UInt64
  /// The open connections.
  package let connections = Atomic<Int>(0)
  /// Whether the daemon has begun to stop and takes no further calls.
  package let isDraining = Atomic<Bool>(false)

  /// Why the policy in force differs from the policy file; empty if it is.
  package let policyFileProblem = Guarded<String>("")
  /// The SHA-256 of the policy file that is in force; nil before there is one.
  package let policyFileHash = Guarded<SHA256.Digest?>(nil)

  /// Why the ledger refuses changes, as one sentence; empty if it doesn't.
  package let ledgerProblem = Guarded<String>("")
  /// What the last look at the whole ledger has found, as one sentence; empty for nothing.
  package let ledgerDamage = Guarded<String>("")
  /// Whether there is room only for what takes rights away.
  package let isLedgerFull = Atomic<Bool>(false)
  /// Whether nothing is written any more.
  package let isLedgerFailed = Atomic<Bool>(false)
  /// Whether a supervisor starts the daemon again when it ends with an error.
  package let isSupervised: Bool

  /// The page by which clients can keep answers; nil for none.
  package let epochs: EpochPage?

  /// What is known of the fleet; nil without one.
  package let fleet: FleetMembership?

  /// The readers that keep a view of the whole ledger for long.
  package let longReaders = LongReaders()

  package init(
    version: String, clock: LedgerClock, workerCount: Int, processID: Int32,
    metrics: ServerMetrics, ledgerBytes: @escaping @Sendable () -> Int,
    ledgerLimitBytes: Int = Int.max,
    readerLag: @escaping @Sendable () -> Int = { 0 },
    isLedgerDistrusted: @escaping @Sendable () -> Bool = { false },
    lostLogLines: @escaping @Sendable () -> UInt64 = { 0 },
    hostFileRenewals: @escaping @Sendable () -> UInt64 = { 0 }, isSupervised: Bool = false,
    epochs: EpochPage? = nil, fleet: FleetMembership? = nil
  ) {
    self.version = version
    self.clock = clock
    startedAtNanoseconds = clock.read().nanoseconds
    self.workerCount = workerCount
    self.processID = processID
    self.metrics = metrics
    self.ledgerBytes = ledgerBytes
    self.ledgerLimitBytes = ledgerLimitBytes
    self.readerLag = readerLag
    self.isLedgerDistrusted = isLedgerDistrusted
    self.lostLogLines = lostLogLines
    self.hostFileRenewals = hostFileRenewals
    self.isSupervised = isSupervised
    self.epochs = epochs
    self.fleet = fleet
  }
}
