internal import EpochPage
internal import Messages
internal import Platform

/// Applies log entries to the tables.
///
/// Deterministic: what is written depends on the entry and the tables before it, never on a clock,
/// a random number or the order of a hash table. What an entry says has been decided already;
/// nothing is checked again here but what would corrupt a table.
struct Fold: ~Copyable {
  /// The row that is being written.
  var row = ByteBuffer()
  /// Keys that a change removes, one after another, each behind its length.
  var doomed = ByteBuffer()
  /// The counters that the changes so far touch.
  private(set) var marks: EpochMarks

  /// Collects which of these counters move; without any, nothing.
  init(marking counters: EpochCounters?) { marks = EpochMarks(of: counters) }

  /// Stores an entry, given as stored too, behind the log's last and applies it.
  mutating func append(
    _ entry: PosternStorageV1.Entry, _ encoded: Span<UInt8>,
    to transaction: inout WriteTransaction, of tables: Tables, head: inout Head
  ) throws(StoreError) {
    FailPoint.append.before()
    try transaction.append(tables.log, key: Key(bigEndian: entry.revision).bytes, value: encoded)
    FailPoint.append.after()
    FailPoint.apply.before()
    try apply(entry, to: &transaction, tables)
    FailPoint.apply.after()
    head.take(entry, encoded)
  }

  mutating func apply(
    _ entry: PosternStorageV1.Entry, to transaction: inout WriteTransaction, _ tables: Tables
  ) throws(StoreError) {
    let time = entry.timeNanoseconds
    let revision = entry.revision
    guard let change = entry.changeValue else {
      throw .corrupted("revision \(revision) holds a change that this version does not know")
    }
    Self.mark(change, in: &marks)
    switch change {
    case .organizationCreated(let change):
      try apply(change, at: revision, timeNanoseconds: time, to: &transaction, tables)
    case .userInvited(let change):
      try apply(change, at: revision, timeNanoseconds: time, to: &transaction, tables)
    case .administratorSet(let change):
      try apply(change, to: &transaction, tables)
    case .userDeleted(let change):
      try apply(change, to: &transaction, tables)
    case .teamCreated(let change):
      try apply(change, timeNanoseconds: time, to: &transaction, tables)
    case .teamDeleted(let change):
      try apply(change, to: &transaction, tables)
    case .teamMemberAdded(let change):
      try apply(change, to: &transaction, tables)
    case .teamMemberRemoved(let change):
      try apply(change, to: &transaction, tables)
    case .resourcePut(let change):
      try apply(change, by: entry.actor, at: revision, to: &transaction, tables)
    case .resourceDeleted(let change):
      try apply(change, to: &transaction, tables)
    case .writerSet(let change):
      try apply(change, at: revision, to: &transaction, tables)
    case .writerRemoved(let change):
      try apply(change, at: revision, to: &transaction, tables)
    case .tokenIssued(let change):
      try apply(change, at: revision, timeNanoseconds: time, to: &transaction, tables)
    case .tokenRevoked(let change):
      try apply(change, timeNanoseconds: time, to: &transaction, tables)
    case .tokensRevoked(let change):
      try apply(change, timeNanoseconds: time, to: &transaction, tables)
    case .tokenUpdated(let change):
      try apply(change, timeNanoseconds: time, to: &transaction, tables)
    case .tokenRotated(let change):
      try apply(change, timeNanoseconds: time, to: &transaction, tables)
    case .teamUpdated(let change):
      try apply(change, to: &transaction, tables)
    case .tokensSwept(let change):
      try apply(change, to: &transaction, tables)
    case .denialsRecorded: break
    case .organizationUpdated(let change):
      try apply(change, to: &transaction, tables)
    case .userUpdated(let change):
      try apply(change, to: &transaction, tables)
    case .organizationDeleted(let change):
      try apply(change, to: &transaction, tables)
    case .userRolesSet(let change):
      try apply(change, to: &transaction, tables)
    case .clockAccepted, .revisionsLost, .formatRaised: break
    case .policyReloaded:
      // The head says where the log has it; the text is read from there.
      break
    }
  }

  /// A copy of a row: one in the map moves when any table changes.
  func load(
    _ table: Table, _ key: Span<UInt8>, from transaction: borrowing WriteTransaction
  ) throws(StoreError) -> ByteBuffer? {
    guard let found = try transaction.get(table, key) else { return nil }
    var copy = ByteBuffer()
    copy.append(found)
    return copy
  }

  /// Removes every row whose key begins with `prefix`, after `body` has seen what follows the
  /// prefix in each key. Keys are collected first: a cursor does not survive a change.
  mutating func removeAll(
    _ table: Table, prefix: Span<UInt8>, in transaction: inout WriteTransaction,
    _ body: (Span<UInt8>, inout WriteTransaction) throws(StoreError) -> Void
  ) throws(StoreError) {
    doomed.removeAll()
    do {
      var cursor = try transaction.cursor(table, from: prefix)
      while let row = try cursor.next(), row.hasPrefix(prefix) {
        doomed.append(littleEndian: UInt64(row.key.count))
        doomed.append(row.key)
      }
    }
    var position = 0
    while position < doomed.count {
      let count = Int(doomed.bytes.integer(UInt64.self, at: position))
      let key = doomed.bytes.extracting((position + 8)..<(position + 8 + count))
      try body(key.extracting(prefix.count..<count), &transaction)
      try transaction.delete(table, key)
      position += 8 + count
    }
  }
}

extension Fold {
  /// Notes that there is one more of what `key` counts, or one less. A count of zero has no row.
  static func count(
    _ key: borrowing Key, isMore: Bool, in transaction: inout WriteTransaction, _ tables: Tables
  ) throws(StoreError) {
    var count = isMore ? 1 : 0 as UInt64
    if let row = try transaction.get(tables.counts, key.bytes) {
      let present: UInt64 = row.integer(at: 0)
      count = isMore ? present + 1 : present - 1
    }
    guard count > 0 else {
      try transaction.delete(tables.counts, key.bytes)
      return
    }
    let bytes = InlineArray<8, UInt8> { UInt8(truncatingIfNeeded: count >> (8 * UInt64($0))) }
    try transaction.put(tables.counts, key: key.bytes, value: bytes.span)
  }
}
