internal import CLMDB
internal import Messages

/// What can be read in a transaction, whether it may also write or not.
///
/// Keys and values are spans into the memory map, borrowed from the transaction: whatever would end
/// their life (`put`, `delete`, `renew`, `reset`, `commit`) needs the transaction for itself, so
/// the compiler refuses a span that is used after it.
package protocol Transaction: ~Copyable {
  var handle: TransactionHandle { get }
}

extension Transaction where Self: ~Copyable {
  /// The value stored under `key`, or nil if there is none.
  @_lifetime(borrow self)
  package func get(_ table: Table, _ key: Span<UInt8>) throws(StoreError) -> Span<UInt8>? {
    // An empty key can't be stored, and LMDB would call it an error.
    if key.isEmpty { return nil }
    // SAFETY: LMDB only reads the key, inside the closure.
    var value = unsafe MDB_val()
    let code = unsafe key.withUnsafeBufferPointer { key in
      var key = unsafe MDB_val(key)
      return unsafe mdb_get(handle.pointer, table.identifier, &key, &value)
    }
    if code == MDB_NOTFOUND { return nil }
    try StoreError.check(code)
    // SAFETY: the value lies in the map until the transaction ends or writes; both need exclusive
    // access to the transaction that the result borrows.
    let stored = unsafe _overrideLifetime(value.span, borrowing: self)
    return try RowChecksum.value(in: stored, under: key, of: table)
  }

  /// Whether there is a value under `key`, whatever it is.
  package func contains(_ table: Table, _ key: Span<UInt8>) throws(StoreError) -> Bool {
    try get(table.unchecked, key) != nil
  }

  /// The entry with the greatest key, or nil if the table is empty.
  @_lifetime(borrow self)
  package func last(_ table: Table) throws(StoreError) -> TableEntry? {
    var cursor = try TableCursor(borrowing: self, table)
    guard let entry = try cursor.move(MDB_LAST) else { return nil }
    // SAFETY: the entry lies in the map, not in the cursor.
    return unsafe _overrideLifetime(entry, borrowing: self)
  }

  /// The greatest key, whatever is stored under it; nil if the table is empty.
  package func lastKey(_ table: Table) throws(StoreError) -> [UInt8]? {
    guard let entry = try last(table.unchecked) else { return nil }
    return Array(copying: entry.key)
  }

  /// How many entries the table has. Constant time.
  package func entryCount(_ table: Table) throws(StoreError) -> Int {
    // SAFETY: only fills the struct.
    var status = MDB_stat()
    try unsafe StoreError.check(mdb_stat(handle.pointer, table.identifier, &status))
    return status.ms_entries
  }

  /// The bytes of the pages that the table takes. Constant time.
  package func byteCount(_ table: Table) throws(StoreError) -> Int {
    // SAFETY: only fills the struct.
    var status = MDB_stat()
    try unsafe StoreError.check(mdb_stat(handle.pointer, table.identifier, &status))
    return (status.ms_branch_pages + status.ms_leaf_pages + status.ms_overflow_pages)
      * Int(status.ms_psize)
  }

  /// A cursor whose first `next()` gives the first entry with a key not less than `key`.
  @_lifetime(borrow self)
  package func cursor(
    _ table: Table, from key: Span<UInt8>
  ) throws(StoreError) -> TableCursor {
    var cursor = try TableCursor(borrowing: self, table)
    try cursor.seek(key)
    return cursor
  }

  /// Calls `body` with the entries whose keys are not less than `key`, in key order, until it
  /// returns false. An empty `key` starts at the first entry.
  package func forEach(
    _ table: Table,
    from key: Span<UInt8>,
    _ body: (_ key: Span<UInt8>, _ value: Span<UInt8>) throws(StoreError) -> Bool
  ) throws(StoreError) {
    var cursor = try cursor(table, from: key)
    while let entry = try cursor.next() {
      if try !body(entry.key, entry.value) { return }
    }
  }

  /// Calls `body` with the entries whose keys begin with `prefix`, in key order, until it returns
  /// false.
  package func forEach(
    _ table: Table,
    prefix: Span<UInt8>,
    _ body: (_ key: Span<UInt8>, _ value: Span<UInt8>) throws(StoreError) -> Bool
  ) throws(StoreError) {
    var cursor = try cursor(table, from: prefix)
    while let entry = try cursor.next(), entry.hasPrefix(prefix) {
      if try !body(entry.key, entry.value) { return }
    }
  }
}

/// The rows of a table whose keys begin with a prefix.
package struct KeyRange: ~Escapable {
  let table: Table
  let prefix: Span<UInt8>

  @_lifetime(copy prefix)
  package init(_ table: Table, prefix: Span<UInt8>) {
    self.table = table
    self.prefix = prefix
  }

  /// What follows the prefix in the key of an entry; nil behind the last row of the range.
  @_lifetime(copy entry)
  func rest(of entry: TableEntry) -> Span<UInt8>? {
    guard entry.hasPrefix(prefix) else { return nil }
    return entry.key.extracting(prefix.count..<entry.key.count)
  }
}

extension Transaction where Self: ~Copyable {
  /// Whether a key of one range follows its prefix with the same bytes as a key of the other: reads
  /// both in order until one ends.
  package func haveCommonKey(_ first: KeyRange, _ second: KeyRange) throws(StoreError) -> Bool {
    var firsts = try cursor(first.table, from: first.prefix)
    var seconds = try cursor(second.table, from: second.prefix)
    guard var one = try firsts.next(), var other = try seconds.next() else { return false }
    while let key = first.rest(of: one), let otherKey = second.rest(of: other) {
      if key.isEqual(to: otherKey) { return true }
      if key.precedes(otherKey) {
        guard let next = try firsts.next() else { return false }
        one = next
      } else {
        guard let next = try seconds.next() else { return false }
        other = next
      }
    }
    return false
  }
}

/// What LMDB calls a transaction by; only the files of this folder can look inside.
///
/// `@safe`: the pointer can't be reached from outside the module, and each transaction that hands
/// it out is borrowed for as long as a read needs it.
@safe
package struct TransactionHandle {
  let pointer: OpaquePointer

  init(_ pointer: OpaquePointer) {
    // SAFETY: only stored.
    unsafe self.pointer = unsafe pointer
  }
}
