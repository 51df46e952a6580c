internal import CLMDB

/// An unchanging view of an environment as it was at the last commit before `init` or `renew()`.
///
/// Takes a reader slot for its whole life. A worker keeps one: it resets it when it has nothing to
/// answer, and renews it before the next request, which neither allocates nor locks. While it is
/// not reset, pages freed by later commits can't be reused.
///
/// May move to another thread, but is used by one at a time.
///
/// `@safe`: the pointer is ended once, in deinit, before the environment it keeps alive.
@safe
package struct ReadTransaction: ~Copyable, Transaction {
  private let environment: Environment
  private var pointer: OpaquePointer
  private var isReset: Bool = false
  /// Whether it is a view of the last commit that there will be. It is never let go of.
  private var isSpare: Bool = false

  /// Begins at the last commit.
  package init(_ environment: Environment) throws(StoreError) {
    // SAFETY: on success `begun` is ours and ended in deinit; LMDB frees it on failure.
    var begun: OpaquePointer?
    let code = unsafe mdb_txn_begin(environment.handle, nil, UInt32(MDB_RDONLY), &begun)
    let isLast = code == MDB_PANIC
    if isLast {
      guard let spare = unsafe environment.takeSpareView() else { throw .readersFull }
      unsafe begun = unsafe spare
    } else {
      try StoreError.check(code)
    }
    guard let begun = unsafe begun else {
      preconditionFailure("mdb_txn_begin succeeded without a transaction")
    }
    self.environment = environment
    unsafe pointer = unsafe begun
    isSpare = isLast
  }

  deinit {
    if isSpare {
      unsafe environment.giveBack(spareView: pointer)
    } else {
      unsafe mdb_txn_abort(pointer)
    }
  }

  package var handle: TransactionHandle {
    precondition(!isReset, "a read in a reset transaction")
    return unsafe TransactionHandle(pointer)
  }

  /// Moves the view to the last commit that is on the disk.
  ///
  /// - Throws: `StoreError`; the transaction is then reset, and can be renewed again.
  package mutating func renew() throws(StoreError) {
    if isSpare { return }
    // SAFETY: a failed renewal leaves the transaction reset, which may be renewed or aborted.
    reset()
    let code = unsafe mdb_txn_renew(pointer)
    if code == MDB_PANIC {
      guard let spare = unsafe environment.takeSpareView() else { throw .readersFull }
      unsafe mdb_txn_abort(pointer)
      unsafe pointer = unsafe spare
      isSpare = true
    } else {
      try StoreError.check(code)
    }
    isReset = false
  }

  /// Lets go of the view: the pages it held may be reused. Reading traps until `renew()`.
  package mutating func reset() {
    if isReset || isSpare { return }
    unsafe mdb_txn_reset(pointer)
    isReset = true
  }
}
