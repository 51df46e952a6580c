internal import CLMDB
internal import CSync
internal import Synchronization

/// The one transaction that may change an environment; aborted unless committed.
///
/// Hazards: it must end on the thread that began it, and no other write transaction may begin on
/// that thread meanwhile (LMDB's lock would wait for itself), unless it was set aside. After an
/// error of `put`, `append` or `delete` nothing else can be done in it: let it go out of scope.
///
/// `@safe`: the pointer is ended once, by `commit` or deinit, before the environment it keeps
/// alive.
@safe
package struct WriteTransaction: ~Copyable, Transaction {
  /// The longest key that LMDB, as Debian builds it, can store.
  package static var maximumKeyByteCount: Int { 511 }

  private let environment: Environment
  private let pointer: OpaquePointer
  private let isKeptElsewhere: Bool
  private var hasEnded: Bool = false

  /// Begins at the last commit. Waits for the write transaction of any other thread to end. Pages
  /// of a file that was cut off or replaced are not read: that would end the process (SIGBUS).
  ///
  /// - Parameters:
  ///   - environment: what it changes.
  ///   - isKeptElsewhere: with checkpoints, a power cut may undo the commit and others before it,
  ///     back to the last checkpoint: nothing is synced. For what another machine keeps too.
  /// - Throws: `StoreError`.
  package init(_ environment: Environment, isKeptElsewhere: Bool = false) throws(StoreError) {
    if let failure = environment.writeFailure { throw .unsettled(failure) }
    if environment.isDistrusted.load(ordering: .acquiring) { throw .contradicted }
    try environment.requireFile()
    environment.abortParked()
    // SAFETY: on success `begun` is ours and ended once; LMDB frees it on failure.
    var begun: OpaquePointer?
    try unsafe StoreError.check(mdb_txn_begin(environment.handle, nil, 0, &begun))
    guard let begun = unsafe begun else {
      preconditionFailure("mdb_txn_begin succeeded without a transaction")
    }
    self.environment = environment
    self.isKeptElsewhere = isKeptElsewhere
    unsafe pointer = unsafe begun
  }

  /// Takes back what `park` has set aside; nil if another transaction began since, or none may.
  init?(_ environment: Environment, parked number: UInt64, isKeptElsewhere: Bool) {
    guard !environment.isDistrusted.load(ordering: .acquiring),
      let pointer = unsafe environment.takeParked(number)
    else { return nil }
    self.environment = environment
    self.isKeptElsewhere = isKeptElsewhere
    unsafe self.pointer = unsafe pointer
  }

  /// Sets it aside, for this thread: the next write transaction that begins aborts it.
  consuming func park() -> UInt64 {
    hasEnded = true
    return unsafe environment.park(pointer)
  }

  deinit {
    if !hasEnded {
      unsafe mdb_txn_abort(pointer)
    }
  }

  package var handle: TransactionHandle {
    unsafe TransactionHandle(pointer)
  }

  /// Stores `value` under `key`, replacing what was there. `value` may be empty; a key has 1 to
  /// `maximumKeyByteCount` bytes.
  package mutating func put(
    _ table: Table, key: Span<UInt8>, value: Span<UInt8>
  ) throws(StoreError) {
    try store(table, key: key, value: value, flags: 0)
  }

  /// Stores `value` under a key greater than every other in the table: fills pages completely, so a
  /// log takes half the space.
  ///
  /// - Throws: `StoreError.outOfOrder` when the key is not greater.
  package mutating func append(
    _ table: Table, key: Span<UInt8>, value: Span<UInt8>
  ) throws(StoreError) {
    try store(table, key: key, value: value, flags: UInt32(MDB_APPEND))
  }

  /// Removes the entry under `key`. Returns whether there was one.
  @discardableResult
  package mutating func delete(_ table: Table, _ key: Span<UInt8>) throws(StoreError) -> Bool {
    if key.isEmpty { return false }
    // SAFETY: LMDB only reads the key, inside the closure.
    let code = unsafe key.withUnsafeBufferPointer { key in
      var key = unsafe MDB_val(key)
      return unsafe mdb_del(pointer, table.identifier, &key, nil)
    }
    if code == MDB_NOTFOUND { return false }
    try check(code)
    return true
  }

  /// Removes every entry of the table.
  package mutating func removeAll(_ table: Table) throws(StoreError) {
    try check(unsafe mdb_drop(pointer, table.identifier, 0))
  }

  /// Makes the changes durable, unless they are kept elsewhere, and visible to transactions that
  /// begin later.
  ///
  /// - Throws: `StoreError`. After `full` and `notWritten` nothing has changed. After `unsettled`
  ///   the disk may hold either state, and only opening the environment again tells which; after
  ///   `replaced` the changes are in a file that no later start opens: acknowledge nothing.
  package consuming func commit() throws(StoreError) {
    // LMDB frees the transaction whether or not the commit succeeds.
    hasEnded = true
    do { try environment.requireFile() } catch {
      unsafe mdb_txn_abort(pointer)
      throw error
    }
    _ = csync_take_failure()
    // The flag is the environment's, since this version of LMDB knows none of a transaction for it.
    // Only this thread commits, and no other looks at the flag.
    let isSynced = !isKeptElsewhere || !environment.isCheckpointed
    if !isSynced { environment.setSync(false) }
    let code = unsafe mdb_txn_commit(pointer)
    if !isSynced { environment.setSync(true) }
    if code != MDB_SUCCESS { throw environment.failure(ofCommit: code) }
    // It may have gone away while the disk was waited for.
    try environment.requireFile()
    environment.renewSpareViews()
    // A power cut would go back to before it.
    if isSynced { try environment.checkpoint() }
  }

  private mutating func store(
    _ table: Table, key: Span<UInt8>, value: Span<UInt8>, flags: UInt32
  ) throws(StoreError) {
    guard (1...Self.maximumKeyByteCount).contains(key.count) else {
      throw .keyLength(key.count)
    }
    // SAFETY: LMDB copies both inside the closures; neither lies in a page that the write moves,
    // because spans from this transaction can't live on while it is written to.
    let code =
      table.isChecked
      ? storeChecked(table, key: key, value: value, flags: flags)
      : unsafe key.withUnsafeBufferPointer { key in
        unsafe value.withUnsafeBufferPointer { value in
          var key = unsafe MDB_val(key)
          var value = unsafe MDB_val(value)
          return unsafe mdb_put(pointer, table.identifier, &key, &value, flags)
        }
      }
    if code == MDB_KEYEXIST { throw .outOfOrder }
    try check(code)
  }

  /// A large transaction writes some of its pages before its commit.
  private func check(_ code: Int32) throws(StoreError) {
    if code > 0 { throw environment.failure(ofPages: code) }
    try StoreError.check(code)
  }

  /// As `mdb_put`, with the checksum behind the value: both are written into the room that the
  /// store reserves, so nothing is put together elsewhere.
  private mutating func storeChecked(
    _ table: Table, key: Span<UInt8>, value: Span<UInt8>, flags: UInt32
  ) -> Int32 {
    let checksum = RowChecksum.of(key, value)
    // SAFETY: LMDB copies the key, and reserves as many bytes as it is asked for, which are written
    // before anything else happens in the transaction.
    return unsafe key.withUnsafeBufferPointer { key in
      unsafe value.withUnsafeBytes { value in
        var key = unsafe MDB_val(key)
        var room = unsafe MDB_val()
        unsafe room.mv_size = value.count + RowChecksum.byteCount
        let code = unsafe mdb_put(
          pointer, table.identifier, &key, &room, flags | UInt32(MDB_RESERVE))
        guard code == MDB_SUCCESS, let start = unsafe room.mv_data else { return code }
        if let source = value.baseAddress {
          unsafe start.copyMemory(from: source, byteCount: value.count)
        }
        unsafe start.storeBytes(
          of: checksum.littleEndian, toByteOffset: value.count, as: UInt32.self)
        return code
      }
    }
  }
}
