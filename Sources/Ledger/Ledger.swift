// The ledger: an append-only log, and tables derived from it, in one LMDB environment.
//
// A log entry says what changed, who did it and when, and carries the hash of the entry before it.
// The tables are the fold of the log: they change only by applying entries, so that a replay into
// an empty environment makes the same tables, byte by byte. Readers see one revision at a time; one
// writer appends in batches, each of which is durable before it is acknowledged.
//
// Beside all that lies usage: how often each token was used, and when last. It is a statistic, no
// part of the state: threads count in memory (`TokenUses`), the writer adds what they hand over to
// two tables that no entry makes, so that a use costs no write. A replay leaves these tables empty,
// and a crash loses what was not written: the last `--usage-interval`, and what the writer had not
// come to.

package import EpochPage
package import Fleet
internal import Messages
internal import Platform
package import Synchronization
package import Tokens

/// An open ledger.
package final class Ledger: Sendable {
  let environment: Environment
  package let tables: Tables
  /// The revision up to which everything is durable: on the disk, or in the database of a fleet.
  package let published: Atomic<UInt64>
  /// How many tokens there were when room was last looked for.
  private let tokenCount = Atomic<Int>(0)
  /// What this process knows of its own history.
  let history: OwnHistory
  /// Which ledger it is, and in which epoch.
  package let identity: LedgerIdentity
  /// The fleet that its folder belongs to; nil for none.
  package let fleetID: InstanceID?
  /// The page of counters that clients keep answers by; nil for none.
  package let epochs: EpochPage?
  /// The counters that its changes move: those of the page, or for want of one its own.
  package let counters: EpochCounters
  /// The rows that were found damaged since it was opened.
  package let damage = LedgerDamage()
  /// The key that page tokens of lists are checked with.
  package var pageKey: PageKey { identity.pageKey }

  static let headKey: [UInt8] = Array("head".utf8)

  /// Opens the ledger in `folder`, which must exist and be the caller's alone; it takes the same
  /// time however much the ledger holds, but the first time after a version with other tables.
  ///
  /// - Parameters:
  ///   - folder: a path.
  ///   - mapSizeBytes: what the ledger can't outgrow; address space, not memory or disk.
  ///   - readers: how many snapshots may be open at once, whatever other processes read.
  ///   - epochs: the page whose counters its changes move. It must be of this process, and end
  ///     before another process can write the ledger.
  /// - Throws: `StoreError`.
  package init(
    folder: String, mapSizeBytes: Int, readers: Int, epochs: EpochPage? = nil
  ) throws(StoreError) {
    self.epochs = epochs
    counters = epochs?.counters ?? EpochCounters()
    if !LedgerFile.isThere(in: folder) { try LedgerFile.create(in: folder) }
    environment = try Environment(
      folder: folder, mapSizeBytes: mapSizeBytes, maximumTables: Tables.names.count,
      maximumReaders: readers + Self.spareViews + Self.checkpointViews + Environment.sharedReaders)
    tables = Tables(try environment.openTables(Tables.names, checked: Tables.checkedNames))
    identity = try LedgerIdentity.stored(in: environment, tables.keys)
    fleetID = try FleetMark.stored(in: environment, tables.keys)
    published = Atomic(0)
    history = OwnHistory(Head())
    try bringTablesUpToDate()
    publish(try head(in: try ReadTransaction(environment)))
    try environment.keepSpareViews(Self.spareViews)
  }

  /// How many snapshots there can be, beside those that are live, once a failed write has ended
  /// writing.
  private static let spareViews = 32
  /// The views that checkpoints hold, one of which is being made.
  private static let checkpointViews = 2

  /// A snapshot for one worker, which counts uses of tokens in `uses`, by default nowhere, and
  /// keeps what it has read of tokens in `records`.
  package func makeSnapshot(
    uses: TokenUses = TokenUses(maximumKeys: 0), records: RecordCache? = nil
  ) throws(StoreError) -> Snapshot {
    try Snapshot(self, uses: uses, records: records)
  }

  /// Begins a batch, which counts uses of tokens in `uses`; by default nowhere. Only the writer's
  /// thread may, and one batch at a time. With `host`, the name of this machine in a fleet, the
  /// batch is to be proposed and not committed.
  package func makeDraft(
    at time: LedgerTime, identifiers: TokenIDGenerator,
    uses: TokenUses = TokenUses(maximumKeys: 0), host: HostName? = nil
  ) throws(StoreError) -> Draft {
    try Draft(self, at: time, identifiers: identifiers, uses, host: host)
  }

  /// A generator of token ids that continues behind the newest token.
  package func makeTokenIDGenerator() throws(StoreError) -> TokenIDGenerator {
    let transaction = try ReadTransaction(environment)
    // Its row may be damaged: that is no reason not to issue others.
    guard let newest = try transaction.lastKey(tables.tokens) else { return TokenIDGenerator() }
    return TokenIDGenerator(after: TokenID(bytes: newest.span))
  }

  /// Makes room ahead where there is little, and says how much there is. Only the writer's thread
  /// may, between two batches.
  package func makeRoom() throws(StoreError) -> StoreRoom {
    try environment.makeRoom(
      nowNanoseconds: Clock.monotonicNanoseconds(), owedBytes: try bytesOfRevokes())
  }

  /// What the revokes of its tokens may take, one by one. One of them takes 820 bytes with ids of
  /// 128 bytes, for the token and for the user who revokes it: most of it is its entry.
  private func bytesOfRevokes() throws(StoreError) -> Int {
    do throws(StoreError) {
      let transaction = try ReadTransaction(environment)
      let count = try transaction.entryCount(tables.tokens)
      tokenCount.store(count, ordering: .relaxed)
    } catch {
      // Other readers have all slots: what was known last is near enough.
      guard case .readersFull = error else { throw error }
    }
    return min(tokenCount.load(ordering: .relaxed), Self.promisedRevokes) * Self.revokeBytes
  }

  /// About what it takes to revoke all tokens at once, which copies every page of them, and how
  /// much of that can't be had.
  package func roomToRevokeAll() throws(StoreError) -> (bytes: Int, missingBytes: Int) {
    let transaction = try ReadTransaction(environment)
    // The ends of tokens move, which takes pages for them where they were and where they go.
    let bytes =
      try transaction.byteCount(tables.tokens) + transaction.byteCount(tables.ownerTokens)
      + 2 * transaction.byteCount(tables.tokenEnds) + transaction.byteCount(tables.orgTokenNames)
      + 1 << 20
    return (bytes, max(0, bytes - (try environment.availableBytes(atLeast: bytes))))
  }

  /// The size of the file in a folder; 0 where it can't be told.
  package static func fileBytes(in folder: String) -> Int {
    (try? FileStatus(path: LedgerFile.path(in: folder), followingLinks: true))?.byteCount ?? 0
  }

  /// How many tokens can be revoked one by one while there is no room for anything else.
  package static let promisedRevokes = 100_000
  private static let revokeBytes = 1024

  /// Whether a check has found that the tables are not what the log says. Nothing may be answered
  /// from them then, and nothing is written to them.
  package var isDistrusted: Bool { environment.isDistrusted.load(ordering: .acquiring) }

  /// Notes that the tables are not what the log says, for as long as the ledger is open. No answer
  /// that was kept of them is used any more.
  package func distrustTables() {
    environment.isDistrusted.store(true, ordering: .releasing)
    epochs?.close()
  }

  /// Refuses to go on where the file is not the one that was opened any more, or was cut off.
  package func requireFile() throws(StoreError) { try environment.requireFile() }

  /// Frees what readers held whose processes ended without giving it back; how many there were.
  package func freeSlotsOfDeadReaders() throws(StoreError) -> Int {
    try environment.freeSlotsOfTheDead()
  }

  /// Tells readers in other processes that no view may be held for long, or that it may again.
  package func barLongViews(_ isBarred: Bool) { environment.barLongViews(isBarred) }

  /// The other process that holds the oldest view, if it keeps pages from being used again; nil for
  /// none.
  package var blockingProcess: Int32? {
    guard let view = oldestOtherView, environment.statistics.commits - view.commit > 1 else {
      return nil
    }
    return view.processID
  }

  /// The oldest view of all, if another process holds it: which process, and of which commit it is.
  package var oldestOtherView: (processID: Int32, commit: Int)? {
    guard let reader = environment.oldestReader, reader.processID != ProcessControl.processID
    else { return nil }
    return (reader.processID, reader.commit)
  }

  /// The commits since the oldest view that a reader holds, in whatever process.
  package var readerLag: Int {
    let newest = environment.statistics.commits
    return max(0, newest - (environment.oldestReaderCommit ?? newest))
  }

  /// The folder that it lies in.
  package var folder: String { environment.folder }
  /// The file that it is.
  var path: String { LedgerFile.path(in: folder) }

  /// The flags that LMDB works by.
  package var storeFlags: UInt32 { environment.flags }

  /// Where its clock continues from, by the log and by the note beside it.
  package func clockStart(_ note: ClockNote?) throws(StoreError) -> ClockStart {
    let head = try head(in: try ReadTransaction(environment))
    return ClockStart(
      headNanoseconds: head.revision == 0 ? nil : head.timeNanoseconds, note: note, now: .now())
  }

  /// The bytes of the disk that are in use, and the most that may be.
  package var statistics: Environment.Statistics { environment.statistics }

  /// The newest revision that was acknowledged, with the hash of its entry: from memory, whatever
  /// has become of the file.
  package var newestHead: Head { history.head }

  /// Commits what a transaction has appended, and publishes the revision. When this returns, it is
  /// durable, here or in the database of a fleet, every query that begins from now on sees it, and
  /// no answer that was kept from before and rests on one of `marks` is used any more.
  ///
  /// Hazard: the order, see `EpochPage`. Readers can see the change before it is published.
  func commit(
    _ transaction: consuming WriteTransaction, at head: Head, hasChanged: Bool,
    marks: borrowing EpochMarks
  ) throws(StoreError) {
    if hasChanged {
      var encoded = ByteBuffer()
      head.encode(into: &encoded)
      let key = Self.headKey
      try transaction.put(tables.meta, key: key.span, value: encoded.bytes)
      if FailPoint.commit.isLeftOut { return }
    }
    FailPoint.commit.before()
    history.begin(head)
    counters.begin(marks)
    do throws(StoreError) { try transaction.commit() } catch {
      counters.end(marks)
      throw error
    }
    FailPoint.commit.after()
    FailPoint.publish.before()
    publish(head)
    epochs?.raiseFloor(toNanoseconds: head.timeNanoseconds)
    counters.end(marks)
    FailPoint.publish.after()
  }

  /// Lets what comes from a fleet's log sync nothing from now on, see `checkpoint`. To be called
  /// before the first of it.
  package func beginCheckpoints() throws(StoreError) {
    try environment.beginCheckpoints(bootID: BootID.read())
  }

  /// Brings what was applied of a fleet's log to the disk as well. A host is not to lack for long
  /// what the fleet may need of it, should its database forget. It waits for the disk; any thread
  /// may. Returns whether all that was published before is on the disk, as it is without a fleet.
  @discardableResult
  package func checkpoint() throws(StoreError) -> Bool { try environment.checkpoint() }

  /// Leaves everything on the disk at the end. Nothing may be written meanwhile, or later.
  package func endCheckpoints() throws(StoreError) { try environment.endCheckpoints() }

  /// Whether there are checkpoints.
  package var isCheckpointed: Bool { environment.isCheckpointed }

  /// Settles the ledger of a process that was cut off, before it is opened. Returns whether the
  /// machine was cut off as well, and changes were lost that only the fleet's log has now.
  package static func settle(in folder: String) throws(StoreError) -> Bool {
    try LedgerFile.checkKinds(in: folder)
    return try Environment.settle(LedgerFile.path(in: folder))
  }

  /// Throws if a write has failed in a way that ends writing.
  package func requireWritable() throws(StoreError) { try environment.requireWritable() }

  /// Lets readers see a head that is durable.
  func publish(_ head: Head) {
    history.publish(head)
    published.store(head.revision, ordering: .releasing)
  }

  /// Refuses to go on where the file holds another history than the one that was published. Only
  /// the writer's thread may, between two batches.
  package func requireHistory() throws(StoreError) {
    let found = try head(in: try ReadTransaction(environment))
    guard found.mark == history.marks.0 else { throw foreignHistory() }
  }

  /// The error of a file that holds another history, which ends all answers.
  func foreignHistory() -> StoreError {
    epochs?.close()
    history.noteForeign()
    return .replaced(path)
  }

  func head<Source: Transaction & ~Copyable>(
    in transaction: borrowing Source
  ) throws(StoreError) -> Head {
    let key = Self.headKey
    guard let row = try transaction.get(tables.meta, key.span) else { return Head() }
    return try Head(row: row)
  }
}
