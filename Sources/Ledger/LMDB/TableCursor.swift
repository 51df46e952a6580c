internal import CLMDB

/// A position in a table, moved in key order.
///
/// Borrowed from its transaction, which can't write, renew or end meanwhile. Making one allocates.
///
/// `@safe`: the LMDB cursor never leaves this value, and is closed in deinit, inside the
/// transaction's life.
@safe
package struct TableCursor: ~Copyable, ~Escapable {
  private let pointer: OpaquePointer
  private let table: Table

  /// How `next()` gets its entry; nil when a seek has found nothing.
  private var step: MDB_cursor_op? = MDB_FIRST

  @_lifetime(borrow transaction)
  init<Source: Transaction & ~Copyable>(
    borrowing transaction: borrowing Source, _ table: Table
  ) throws(StoreError) {
    // SAFETY: on success `opened` is ours and closed in deinit.
    var opened: OpaquePointer?
    try unsafe StoreError.check(
      mdb_cursor_open(transaction.handle.pointer, table.identifier, &opened))
    guard let opened = unsafe opened else {
      preconditionFailure("mdb_cursor_open succeeded without a cursor")
    }
    self.table = table
    unsafe pointer = unsafe opened
  }

  deinit {
    unsafe mdb_cursor_close(pointer)
  }

  /// Moves so that `next()` gives the first entry whose key is not less than `key`.
  package mutating func seek(_ key: Span<UInt8>) throws(StoreError) {
    if key.isEmpty {
      step = MDB_FIRST
      return
    }
    // SAFETY: LMDB only reads the key, inside the closure.
    let code = unsafe key.withUnsafeBufferPointer { key in
      var key = unsafe MDB_val(key)
      var value = unsafe MDB_val()
      return unsafe mdb_cursor_get(pointer, &key, &value, MDB_SET_RANGE)
    }
    if code == MDB_NOTFOUND {
      step = nil
      return
    }
    try StoreError.check(code)
    step = MDB_GET_CURRENT
  }

  /// The entry at the position, which moves behind it; nil at the end.
  @_lifetime(copy self)
  package mutating func next() throws(StoreError) -> TableEntry? {
    guard let step else { return nil }
    self.step = MDB_NEXT
    return try move(step)
  }

  @_lifetime(copy self)
  mutating func move(_ operation: MDB_cursor_op) throws(StoreError) -> TableEntry? {
    var key = unsafe MDB_val()
    var value = unsafe MDB_val()
    let code = unsafe mdb_cursor_get(pointer, &key, &value, operation)
    if code == MDB_NOTFOUND { return nil }
    try StoreError.check(code)
    // SAFETY: both lie in the map, unmoved as long as the transaction this cursor borrows.
    let stored = unsafe _overrideLifetime(
      TableEntry(key: key.span, value: value.span), copying: self)
    guard table.isChecked else { return stored }
    let checked = try RowChecksum.value(in: stored.value, under: stored.key, of: table)
    return TableEntry(key: stored.key, value: checked)
  }
}
