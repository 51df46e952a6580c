internal import Messages

/// The log of a ledger that this process does not serve: of a copy, or of a folder, whether a
/// daemon runs with it or not. Only read, as of one revision.
package struct StoredLog: ~Copyable {
  let environment: Environment
  /// The commits before this was opened.
  private let commits: Int
  private let view: View
  private let log: Table
  let head: Head

  /// Opens the one file of a copy.
  package init(file path: String) throws(StoreError) {
    try self.init(try Environment(reading: path, isFile: true, maximumTables: Tables.names.count))
  }

  /// Opens the folder of a ledger, and takes part in its locks: not from within its daemon.
  package init(folder path: String) throws(StoreError) {
    try self.init(try Environment(reading: path, isFile: false, maximumTables: Tables.names.count))
  }

  private init(_ environment: Environment) throws(StoreError) {
    self.environment = environment
    commits = environment.statistics.commits
    let tables = try environment.openExistingTables(Self.names)
    let transaction = try ReadTransaction(environment)
    let head = try Self.head(in: transaction, tables[1])
    self.head = head
    view = View(transaction, head, meta: tables[1])
    log = tables[0]
  }

  /// What is read from. It moves on during long work: it would else keep every page that a daemon
  /// frees meanwhile from being used again, and the ledger would grow.
  private final class View {
    private(set) var transaction: ReadTransaction
    private(set) var head: Head
    private let meta: Table
    private var isReleased = false

    init(_ transaction: consuming ReadTransaction, _ head: Head, meta: Table) {
      self.transaction = transaction
      self.head = head
      self.meta = meta
    }

    func renew() throws(StoreError) {
      isReleased = false
      try transaction.renew()
      head = try StoredLog.head(in: transaction, meta)
    }

    func renewIfReleased() throws(StoreError) { if isReleased { try renew() } }

    /// Lets go of the pages until the next `renew`.
    func release() {
      transaction.reset()
      isReleased = true
    }
  }

  private static func head(
    in transaction: borrowing ReadTransaction, _ meta: Table
  ) throws(StoreError) -> Head {
    let key = Ledger.headKey
    guard let row = try transaction.get(meta, key.span) else { return Head() }
    return try Head(row: row)
  }

  private static let names = ["log", "meta"]
  /// How many entries are read in one view. At the lowest priority, while others take all of the
  /// processors, some milliseconds of work can take minutes.
  static let stepEntries = 256

  /// The newest revision.
  package var revision: UInt64 { head.revision }
  /// The SHA-256 of its entry, as the ledger's head has it; nil for an empty log.
  package var lastHash: SHA256.Digest? { head.revision > 0 ? head.hash : nil }

  /// The epoch that its revisions belong to; 0 where none can be read.
  package var epoch: UInt64 { identity?.epoch ?? 0 }

  /// Which ledger it is; nil where that can't be read.
  var identity: LedgerIdentity? {
    guard let keys = try? environment.openExistingTables(["keys"]).first,
      let reading = try? ReadTransaction(environment)
    else { return nil }
    return try? LedgerIdentity(in: reading, keys)
  }

  /// Whether what was read may be anything, and a fault none: the lock could not be had, since this
  /// user may only read, and a daemon has written meanwhile.
  package var wasOvertaken: Bool {
    !environment.isLocked && environment.statistics.commits != commits
  }

  /// Whether the log has another entry at a revision than this one. A log that ends before it has
  /// none.
  func hasAnother(than encoded: Span<UInt8>, at revision: UInt64) throws(StoreError) -> Bool {
    guard revision <= self.revision else { return false }
    let key = Key(bigEndian: revision)
    let transaction = try ReadTransaction(environment)
    guard let own = try transaction.get(log, key.bytes) else { return true }
    return !own.isEqual(to: encoded)
  }

  /// Recomputes the hashes of a stretch of the log.
  package func verify(_ stretch: LogStretch) -> LogReport {
    do throws(StoreError) { try view.renewIfReleased() } catch {
      return Self.unreadable(stretch, error)
    }
    return view.transaction.verify(stretch, of: log, view.head)
  }

  /// Lets go of the view by which the log was verified: other views are read from.
  func releaseView() { view.release() }

  private static func unreadable(_ stretch: LogStretch, _ error: StoreError) -> LogReport {
    LogReport(
      verifiedRevision: stretch.from - 1, verifiedHash: stretch.expectedHash,
      fault: LogReport.Fault(
        revision: stretch.from, sentence: "the entry can't be read: \(error)"))
  }

  /// Recomputes the hashes of the log from where a stretch begins, however long it is, up to what
  /// was the newest revision at the start; `progress` is told now and then which is verified.
  package func verifyAll(_ stretch: LogStretch, _ progress: (UInt64) -> Void) -> LogReport {
    var stretch = stretch
    stretch.maximumEntries = min(stretch.maximumEntries, Self.stepEntries)
    let last = min(stretch.through ?? revision, revision)
    stretch.through = last
    while true {
      let report = verify(stretch)
      guard report.fault == nil, report.verifiedRevision < last else { return report }
      progress(report.verifiedRevision)
      stretch.from = report.verifiedRevision + 1
      stretch.expectedHash = report.verifiedHash
      // What was read before stays as it is: the log only grows.
      do throws(StoreError) { try view.renew() } catch { return Self.unreadable(stretch, error) }
    }
  }
}
