internal import Messages
internal import Synchronization

/// The state that one worker reads: at the last revision that was published before a query.
///
/// A worker refreshes its snapshot before every query, which costs one load while nothing has been
/// committed, and releases it before it waits, so that an idle worker keeps no old pages alive.
package struct Snapshot: ~Copyable, LedgerState {
  let ledger: Ledger
  private var transaction: ReadTransaction
  private var isLive = false
  package private(set) var head = Head()

  package private(set) var time = LedgerTime(nanoseconds: 0)
  package let tokenUses: TokenUses
  package let damage: DamageNote
  /// How long the present query, or its present step, may walk.
  package var step = StepBudget.unlimited
  package let comparisons: TimeComparisons? = TimeComparisons()
  /// What the worker has read of tokens; nil for none. Only a snapshot that moves on has it.
  var records: RecordCache?

  /// `damage` is the note of the thread that reads; nil for a new one.
  init(
    _ ledger: Ledger, uses: TokenUses, records: RecordCache? = nil, damage: DamageNote? = nil
  ) throws(StoreError) {
    var transaction = try ReadTransaction(ledger.environment)
    transaction.reset()
    self.ledger = ledger
    self.transaction = transaction
    tokenUses = uses
    self.records = records
    self.damage = damage ?? DamageNote(ledger.damage)
  }

  /// Another snapshot, of the newest revision, with a reader's slot of its own. It counts uses only
  /// if it is told to.
  ///
  /// Hazard: until it is released or gone, no page that was freed since can be used again.
  package func another(countingUses: Bool = false) throws(StoreError) -> Snapshot {
    let uses = countingUses ? tokenUses : TokenUses(maximumKeys: 0)
    var other = try Snapshot(ledger, uses: uses, damage: damage)
    try other.refresh(at: time)
    return other
  }

  /// Hands over the view that this snapshot has now, to be kept for a while. This one continues
  /// with a new reader's slot, after its next refresh.
  ///
  /// Hazard: as for `another`.
  package mutating func detach() throws(StoreError) -> Snapshot {
    var other = try Snapshot(ledger, uses: tokenUses, records: records, damage: damage)
    records = nil
    swap(&self, &other)
    return other
  }

  package var handle: TransactionHandle { transaction.handle }
  package var tables: Tables { ledger.tables }
  package var ledgerEpoch: UInt64 { ledger.identity.epoch }
  package var isDropped: Bool { false }

  /// Moves to the newest published revision, at a time of the ledger's clock.
  ///
  /// The writer publishes a revision before it acknowledges what made it, so that a query that
  /// arrives after an acknowledgement never reads from before it.
  ///
  /// - Throws: `StoreError`, also where less is found than was published, or another history: the
  ///   file was replaced or written over.
  package mutating func refresh(at time: LedgerTime) throws(StoreError) {
    if ledger.history.isForeign { throw .replaced(ledger.path) }
    let published = ledger.published.load(ordering: .acquiring)
    if damage.takeSpentTransaction() || !isLive || published != head.revision {
      try moveToNewest(published)
    }
    self.time = time.atLeast(head.timeNanoseconds)
    comparisons?.reset()
    records?.endLending()
  }

  /// Renews the view, until its head is one that this process has written. More than one attempt is
  /// needed only where several commits pass within one of them.
  private mutating func moveToNewest(_ published: UInt64) throws(StoreError) {
    var earlier = ledger.history.marks
    for _ in 0..<Self.maximumAttempts {
      try transaction.renew()
      isLive = true
      head = try ledger.head(in: transaction)
      let later = ledger.history.marks
      let mark = head.mark
      let isOwn =
        mark == earlier.0 || mark == earlier.1 || mark == later.0 || mark == later.1
      if isOwn, head.revision >= published { return }
      earlier = later
    }
    throw ledger.foreignHistory()
  }

  private static let maximumAttempts = 64

  /// How often a damaged row has been read, by all threads.
  package var damagedReads: UInt64 { ledger.damage.reads }

  /// Whether the tables are known not to be what the log says.
  package var isDistrusted: Bool { ledger.isDistrusted }

  /// Whether nothing has been published since the last `refresh`.
  package var isNewest: Bool { ledger.published.load(ordering: .acquiring) == head.revision }

  /// Lets go of the pages. The next query refreshes.
  package mutating func release() {
    guard isLive else { return }
    transaction.reset()
    isLive = false
  }
}
