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
  private let pointer: OpaquePointer
  private var isReset: Bool = false

  /// Begins at the last commit.
  package init(_ environment: Environment) throws(StoreError) {
    // SAFETY: on success `begun` is ours and ended in deinit; LMDB frees it on failure.
    var begun: OpaquePointer?
    try unsafe StoreError.check(
      mdb_txn_begin(environment.handle, nil, UInt32(MDB_RDONLY), &begun))
    guard let begun = unsafe begun else {
      preconditionFailure("mdb_txn_begin succeeded without a transaction")
    }
    self.environment = environment
    unsafe pointer = unsafe begun
  }

  deinit {
    unsafe mdb_txn_abort(pointer)
  }

  package var handle: TransactionHandle {
    precondition(!isReset, "a read in a reset transaction")
    return unsafe TransactionHandle(pointer)
  }

  /// Moves the view to the last commit.
  ///
  /// - Throws: `StoreError`; the transaction is then reset, and can be renewed again.
  package mutating func renew() throws(StoreError) {
    // SAFETY: a failed renewal leaves the transaction reset, which may be renewed or aborted.
    reset()
    try unsafe StoreError.check(mdb_txn_renew(pointer))
    isReset = false
  }

  /// Lets go of the view: the pages it held may be reused. Reading traps until `renew()`.
  package mutating func reset() {
    if isReset { return }
    unsafe mdb_txn_reset(pointer)
    isReset = true
  }
}
