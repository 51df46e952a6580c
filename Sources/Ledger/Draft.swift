package import Messages
internal import Platform
package import Tokens

/// The write transaction of one batch of commands. Reads in it see the changes of the commands
/// before, and nothing of it counts until the commit returns.
///
/// A command first decides, reading only, and then appends its entries, so that a refused command
/// leaves nothing behind. An append can fail for one reason only, a store that is full or failing;
/// `failure` keeps it, later appends do nothing, and the whole batch must be dropped.
///
/// While there is room only for changes that take rights away, another command is refused when it
/// begins to append: `isRefused` says so, nothing of it is kept, and the rest of the batch is as
/// good as before.
///
/// In a fleet a draft is not committed but proposed, see `propose`.
package struct Draft: ~Copyable, LedgerState {
  let ledger: Ledger
  var transaction: WriteTransaction
  package private(set) var head: Head
  /// What it rests on.
  let base: Head
  private var arena = Arena(initialBytes: 16 << 10, limits: DecodeLimits(bytes: 4 << 20))
  private var encoded = ByteBuffer()
  var fold: Fold
  var identifiers: TokenIDGenerator
  package let tokenUses: TokenUses
  package let damage: DamageNote
  private var admission: Admission
  /// Whether there was no room for the command that is decided: it has changed nothing.
  package private(set) var isRefused = false

  /// The time of the entries of this batch.
  package private(set) var time: LedgerTime
  /// The wall clock that a command has accepted.
  package private(set) var accepted: ClockReading?
  /// Why the batch can't be committed.
  package private(set) var failure: StoreError?
  /// The identity of the ledger from this batch on, if the batch begins another epoch.
  private var newIdentity: LedgerIdentity?
  private var givenUp: HostRecord?
  /// The entries that this batch has appended.
  package private(set) var entryCount = 0
  /// In a fleet the name of this machine; nil without one.
  private let host: HostName?
  /// In a fleet the entries, as a row of the log has them.
  private(set) var collected: [UInt8] = []

  init(
    _ ledger: Ledger, at time: LedgerTime, identifiers: TokenIDGenerator, _ uses: TokenUses,
    host: HostName?
  ) throws(StoreError) {
    let room = try ledger.makeRoom()
    let transaction = try WriteTransaction(ledger.environment, isKeptElsewhere: host != nil)
    let head = try ledger.head(in: transaction)
    // The file has been replaced by one of another history, on which nothing may be built.
    guard head.mark == ledger.history.marks.0 else { throw ledger.foreignHistory() }
    self.ledger = ledger
    self.transaction = transaction
    fold = Fold(marking: ledger.counters)
    admission = Admission(room)
    self.head = head
    base = head
    self.host = host
    self.identifiers = identifiers
    tokenUses = uses
    damage = DamageNote(ledger.damage)
    self.time = time.atLeast(head.timeNanoseconds)
  }

  package var handle: TransactionHandle { transaction.handle }
  package var tables: Tables { ledger.tables }
  package var ledgerEpoch: UInt64 { ledger.identity.epoch }
  package var isDropped: Bool { failure != nil }
  package var comparisons: TimeComparisons? { nil }

  /// Takes the wall clock of a reading for the time of this batch's entries from now on; the entry
  /// says the time before. The caller that commits the batch sets the ledger's clock to `accepted`.
  package mutating func acceptClock(_ reading: ClockReading, by actor: Actor) {
    let previous = nowNanoseconds
    accepted = reading
    time = LedgerTime(nanoseconds: max(reading.wallNanoseconds, time.nanoseconds))
    append(by: actor) { $0.makeClockAccepted().setPreviousNanoseconds(previous) }
  }

  /// Puts a policy into force: `text` is the policy file, `hash` its SHA-256, and `base` the
  /// built-in policy that it adds to, empty for that of the version that reads it.
  package mutating func adoptPolicy(
    _ text: Span<UInt8>, hash: SHA256.Digest, base: Span<UInt8>, by actor: Actor
  ) {
    append(by: actor) { entry in
      let reloaded = entry.makePolicyReloaded()
      reloaded.setTextHash(hash.span)
      reloaded.setText(text)
      reloaded.setBuiltIn(base)
    }
  }

  /// Lets entries of a later format follow.
  package mutating func raiseFormat(to format: UInt32, by actor: Actor) {
    let old = head.format
    precondition(format > old && format <= EntryFormat.newest, "a format is raised, and is known")
    append(by: actor) { entry in
      let raised = entry.makeFormatRaised()
      raised.setFormat(format)
      raised.setOldFormat(old)
    }
  }

  /// A fresh token id, greater than all that this machine has made before it.
  package mutating func nextTokenID(random: (UInt64, UInt64)) -> TokenID {
    let milliseconds = UInt64(nowNanoseconds / 1_000_000)
    var id = identifiers.next(unixMilliseconds: milliseconds, random: random)
    // Another machine of the fleet may have made the same.
    while host != nil, isTaken(id) {
      id = identifiers.next(unixMilliseconds: milliseconds, random: random)
    }
    return id
  }

  private mutating func isTaken(_ id: TokenID) -> Bool {
    guard failure == nil else { return false }
    let bytes = id.bytes
    do { return try transaction.contains(ledger.tables.tokens, bytes.span) } catch {
      failure = error
      return false
    }
  }

  /// Begins to decide the next command, or the next step of one.
  package mutating func beginCommand() {
    admission.beginCommand(entryCount: entryCount)
    isRefused = false
  }

  /// Lets no command of this batch give any rights.
  package mutating func refuseGrants() { admission.refusesGrants = true }
  package var refusesGrants: Bool { admission.refusesGrants }

  /// The room when the batch began.
  package var room: StoreRoom { admission.room }
  /// Whether the batch should end, so that the next one finds the room that there is by then.
  package var isSpent: Bool { admission.isSpent }

  /// Appends one entry to the log and applies it to the tables. `fill` sets the change. It is one
  /// that only takes rights away if its kind is, or if `takesAway` says so of what was before.
  package mutating func append(
    by actor: Actor, takesAway: Bool = false, _ fill: (PosternStorageV1.Entry.Builder) -> Void
  ) {
    // A decision that rests on a row that could not be read must not be kept.
    guard failure == nil, !isRefused, damage.isEmpty else { return }
    do {
      arena.reset()
      let verdict = try Self.append(
        by: actor, on: host, atNanoseconds: nowNanoseconds, arena: arena, encoded: &encoded,
        to: &transaction, ledger.tables, fold: &fold, head: &head, admission: &admission,
        collected: &collected, entryCount: entryCount, takesAway: takesAway, fill)
      switch verdict {
      case .admitted: entryCount += 1
      case .refused: isRefused = true
      case .full: failure = .full
      }
    } catch {
      if case .damagedRow(let row) = error { damage.note(row) }
      failure = error
    }
  }

  // Static, so that the arena is borrowed while the other fields change: a mutating method would
  // hold all of `self`, and the exclusivity check refuses both.
  private static func append(
    by actor: Actor, on host: HostName?, atNanoseconds nowNanoseconds: Int64,
    arena: borrowing Arena,
    encoded: inout ByteBuffer, to transaction: inout WriteTransaction, _ tables: Tables,
    fold: inout Fold, head: inout Head, admission: inout Admission, collected: inout [UInt8],
    entryCount: Int, takesAway: Bool, _ fill: (PosternStorageV1.Entry.Builder) -> Void
  ) throws(StoreError) -> Admission.Verdict {
    let entry = PosternStorageV1.Entry.Builder(in: arena)
    entry.setRevision(head.revision + 1)
    entry.setTimeNanoseconds(nowNanoseconds)
    actor.fill(entry.makeActor(), on: host)
    if head.revision > 0 { entry.setPreviousHash(head.hash.span) }
    fill(entry)
    encoded.removeAll()
    entry.encode(into: &encoded)
    EntryFormat.mark(&encoded, in: head.format)
    let traits = entry.view.changeValue?.traits
    precondition(traits?.format ?? 0 <= head.format, "written beyond the format in force")
    let onlyTakesAway = takesAway || traits?.onlyTakesAway ?? false
    let verdict = admission.take(
      encoded.count, onlyTakesAway: onlyTakesAway, entryCount: entryCount)
    if case .admitted = verdict {
      try fold.append(
        entry.view, encoded.bytes, to: &transaction, of: tables, head: &head)
      if host != nil { RowEntries.append(encoded.bytes, to: &collected) }
    }
    return verdict
  }

  /// Drops the batch, since a command that has appended came upon a damaged row.
  package mutating func drop(for row: DamagedRow) { failure = .damagedRow(row) }

  /// Lets another epoch begin with this batch; a note of the host that the ledger does not fulfil
  /// counts no more then.
  mutating func beginEpoch(givingUp record: HostRecord? = nil) {
    newIdentity = LedgerIdentity(epochOf: ledger.identity.id)
    givenUp = record
  }

  /// Writes everything to the disk and publishes the revision. When this returns, the batch is
  /// durable, and every query that begins from now on sees it.
  ///
  /// Returns the generator of token ids, for the next batch.
  package consuming func commit() throws(StoreError) -> TokenIDGenerator {
    if let failure { throw failure }
    precondition(
      entryCount == 0 || ledger.fleetID == nil, "the log of a fleet grows only by its rows")
    if let newIdentity { try newIdentity.store(in: &transaction, ledger.tables.keys) }
    if let givenUp { try Ledger.giveUp(givenUp, in: &transaction, ledger.tables.keys) }
    let (identifiers, head, ledger, hasChanged) = (identifiers, head, ledger, entryCount > 0)
    try ledger.commit(transaction, at: head, hasChanged: hasChanged, marks: fold.marks)
    return identifiers
  }
}
