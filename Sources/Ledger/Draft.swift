package import Messages
internal import Platform
internal import Synchronization
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
package struct Draft: ~Copyable, LedgerState {
  private let ledger: Ledger
  private var transaction: WriteTransaction
  private var head: Head
  private var arena = Arena(initialBytes: 16 << 10, limits: DecodeLimits(bytes: 4 << 20))
  private var encoded = ByteBuffer()
  private var fold = Fold()
  private var identifiers: TokenIDGenerator
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
  /// Where the command that is decided continues in a further step.
  package var continuation: Continuation?
  /// The identity of the ledger from this batch on, if the batch begins another epoch.
  private var newIdentity: LedgerIdentity?
  /// The entries that this batch has appended.
  package private(set) var entryCount = 0

  init(
    _ ledger: Ledger, at time: LedgerTime, identifiers: TokenIDGenerator, _ uses: TokenUses
  ) throws(StoreError) {
    let room = try ledger.environment.makeRoom(nowNanoseconds: Clock.monotonicNanoseconds())
    let transaction = try WriteTransaction(ledger.environment)
    let head = try ledger.head(in: transaction)
    // The file has been replaced by one of another history, on which nothing may be built.
    guard head.mark == ledger.history.marks.0 else { throw ledger.foreignHistory() }
    self.ledger = ledger
    self.transaction = transaction
    admission = Admission(room)
    self.head = head
    self.identifiers = identifiers
    tokenUses = uses
    damage = DamageNote(ledger.damage)
    self.time = time.atLeast(head.timeNanoseconds)
  }

  package var handle: TransactionHandle { transaction.handle }
  package var tables: Tables { ledger.tables }
  package var revision: UInt64 { head.revision }
  package var ledgerEpoch: UInt64 { ledger.identity.epoch }
  package var policyRevision: UInt64 { head.policyRevision }
  package var isDropped: Bool { failure != nil }

  /// Takes the wall clock of a reading for the time of this batch's entries from now on; the entry
  /// says the time before. The caller that commits the batch sets the ledger's clock to `accepted`.
  package mutating func acceptClock(_ reading: ClockReading, by actor: Actor) {
    let previous = nowNanoseconds
    accepted = reading
    time = LedgerTime(nanoseconds: max(reading.wallNanoseconds, time.nanoseconds))
    append(by: actor) { $0.makeClockAccepted().setPreviousNanoseconds(previous) }
  }

  /// Puts a policy into force: `text` is the policy file, and `hash` its SHA-256.
  package mutating func adoptPolicy(_ text: Span<UInt8>, hash: SHA256.Digest, by actor: Actor) {
    append(by: actor) { entry in
      let reloaded = entry.makePolicyReloaded()
      reloaded.setTextHash(hash.span)
      reloaded.setText(text)
    }
  }

  /// A fresh token id, greater than all before it.
  package mutating func nextTokenID(random: (UInt64, UInt64)) -> TokenID {
    identifiers.next(unixMilliseconds: UInt64(nowNanoseconds / 1_000_000), random: random)
  }

  /// Begins to decide the next command.
  package mutating func beginCommand() {
    admission.beginCommand(entryCount: entryCount)
    isRefused = false
  }

  /// The room when the batch began.
  package var room: StoreRoom { admission.room }
  /// Whether the batch should end, so that the next one finds the room that there is by then.
  package var isSpent: Bool { admission.isSpent }

  /// Appends one entry to the log and applies it to the tables. `fill` sets the change.
  package mutating func append(by actor: Actor, _ fill: (PosternStorageV1.Entry.Builder) -> Void) {
    // A decision that rests on a row that could not be read must not be kept.
    guard failure == nil, !isRefused, damage.isEmpty else { return }
    do {
      arena.reset()
      let verdict = try Self.append(
        by: actor, atNanoseconds: nowNanoseconds, arena: arena, encoded: &encoded,
        to: &transaction, ledger.tables, fold: &fold, head: &head, admission: &admission,
        entryCount: entryCount, fill)
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
    by actor: Actor, atNanoseconds nowNanoseconds: Int64, arena: borrowing Arena,
    encoded: inout ByteBuffer, to transaction: inout WriteTransaction, _ tables: Tables,
    fold: inout Fold, head: inout Head, admission: inout Admission, entryCount: Int,
    _ fill: (PosternStorageV1.Entry.Builder) -> Void
  ) throws(StoreError) -> Admission.Verdict {
    let entry = PosternStorageV1.Entry.Builder(in: arena)
    entry.setRevision(head.revision + 1)
    entry.setTimeNanoseconds(nowNanoseconds)
    actor.write(into: entry.makeActor())
    if head.revision > 0 { entry.setPreviousHash(head.hash.span) }
    fill(entry)
    encoded.removeAll()
    entry.encode(into: &encoded)
    let onlyTakesAway = entry.view.changeValue?.traits.onlyTakesAway ?? false
    let verdict = admission.take(
      encoded.count, onlyTakesAway: onlyTakesAway, entryCount: entryCount)
    if case .admitted = verdict {
      try store(
        entry.view, encoded: encoded.bytes, to: &transaction, tables, fold: &fold, head: &head)
    }
    return verdict
  }

  /// Drops the batch, since a command that has appended came upon a damaged row.
  package mutating func drop(for row: DamagedRow) { failure = .damagedRow(row) }

  /// Stores an encoded entry behind the log's last and applies it.
  private static func store(
    _ entry: PosternStorageV1.Entry, encoded: Span<UInt8>,
    to transaction: inout WriteTransaction, _ tables: Tables, fold: inout Fold,
    head: inout Head
  ) throws(StoreError) {
    FailPoint.append.before()
    try transaction.append(tables.log, key: Key(bigEndian: entry.revision).bytes, value: encoded)
    FailPoint.append.after()
    FailPoint.apply.before()
    try fold.apply(entry, to: &transaction, tables)
    FailPoint.apply.after()
    head.take(entry, encoded)
  }

  /// Lets another epoch begin with this batch.
  mutating func beginEpoch() {
    newIdentity = LedgerIdentity(epochOf: ledger.identity.id)
  }

  /// Writes everything to the disk and publishes the revision. When this returns, the batch is
  /// durable, and every query that begins from now on sees it.
  ///
  /// Returns the generator of token ids, for the next batch.
  package consuming func commit() throws(StoreError) -> TokenIDGenerator {
    if let failure { throw failure }
    if entryCount > 0 {
      var encoded = ByteBuffer()
      head.write(into: &encoded)
      let key = Ledger.headKey
      try transaction.put(ledger.tables.meta, key: key.span, value: encoded.bytes)
    }
    if let newIdentity { try newIdentity.write(to: &transaction, ledger.tables.keys) }
    let identifiers = identifiers
    let head = head
    let ledger = ledger
    if entryCount > 0, FailPoint.commit.isLeftOut { return identifiers }
    FailPoint.commit.before()
    ledger.history.begin(head)
    try transaction.commit()
    FailPoint.commit.after()
    FailPoint.publish.before()
    ledger.publish(head)
    FailPoint.publish.after()
    return identifiers
  }
}

/// Which entries of a batch find room, and which have to leave it to others.
///
/// The last of the room is reserved for changes that only take rights away, see `StoreRoom`. A
/// command that does anything else is admitted or refused with its first entry of that kind, so
/// that none ends in the middle; a reserve has room for the largest.
struct Admission {
  enum Verdict {
    case admitted
    /// There is no room for the command, which has changed nothing.
    case refused
    /// There is no room left for it in this batch, or it has appended already: the batch must be
    /// dropped, and alone the command may have enough.
    case full
  }

  /// The room when the batch began.
  let room: StoreRoom
  /// The room that is left for every change, by an estimate of what the entries take.
  private var openBytes: Int
  /// The entries before those of the command that is decided.
  private var entriesBefore = 0
  private var isAdmitted = false

  /// The room that an entry takes beside itself: copies of the pages of the tables that it changes.
  private static let leastBytes = 16 << 10

  init(_ room: StoreRoom) {
    self.room = room
    openBytes = room.openBytes
  }

  /// Begins with the next command, behind so many entries.
  mutating func beginCommand(entryCount: Int) {
    entriesBefore = entryCount
    isAdmitted = false
  }

  /// Whether the batch should end, so that the next one finds the room that there is by then.
  var isSpent: Bool { openBytes < Self.leastBytes && room.openBytes >= Self.leastBytes }

  /// Takes room for an entry of so many bytes behind `entryCount` others.
  mutating func take(_ byteCount: Int, onlyTakesAway: Bool, entryCount: Int) -> Verdict {
    let bytes = Self.leastBytes + 2 * byteCount
    if !onlyTakesAway, !isAdmitted {
      guard openBytes >= bytes else {
        return entryCount == entriesBefore && room.openBytes < bytes ? .refused : .full
      }
      isAdmitted = true
    }
    openBytes -= bytes
    return .admitted
  }
}

/// Where a command continues in a further step, which is decided after other commands had their
/// turn. Its entries so far are committed like those of any command.
package struct Continuation: Sendable {
  /// The object that the command removes, in an encoding of its own. Until the command has ended,
  /// nothing is added to the object.
  package let subject: [UInt8]
  /// Where the next step continues, in an encoding of its own.
  package let position: [UInt8]

  package init(subject: [UInt8], position: [UInt8]) {
    self.subject = subject
    self.position = position
  }
}
