// What a failed write means.
//
// A commit writes its pages where no reader looks yet, syncs them, and then writes one of two meta
// pages, in turn, by a descriptor that syncs with each write; what a fleet's database keeps too is
// synced with the next checkpoint. So:
// - pages that could not be written have changed nothing. The disk may be full: then the file could
//   not be allocated ahead, or belongs to a file system that copies on write.
// - a sync that failed leaves open which pages are on the disk. The kernel reports it once, and a
//   sync that is repeated succeeds without them.
// - a meta page that could not be written may be on the disk all the same. LMDB then gives no
//   further transaction, not even for reading.
// After the last two nothing is written any more. The state of the last commit that returned can be
// read on: LMDB's number of the newest commit moves only after a meta page was written and synced,
// and views of it are kept spare for the time when LMDB gives none.

internal import CLMDB
internal import CSync
internal import Glibc
internal import Platform
internal import Synchronization

extension Environment {
  /// Why nothing can be written any more; nil while it can be.
  var writeFailure: Errno? {
    let code = failedWrite.load(ordering: .acquiring)
    return code == 0 ? nil : Errno(code)
  }

  /// The meaning of a code that a commit ended with.
  func failure(ofCommit code: Int32) -> StoreError {
    let sync = csync_take_failure()
    if sync != 0 || hasPanicked {
      let reason = sync != 0 ? sync : code
      endWriting(Errno(reason > 0 ? reason : EIO))
      return .unsettled(Errno(reason > 0 ? reason : EIO))
    }
    return code > 0 ? failure(ofPages: code) : StoreError(code: code)
  }

  /// The meaning of an error number that came while pages were written. LMDB calls a short write an
  /// I/O error, so the disk is asked.
  func failure(ofPages code: Int32) -> StoreError {
    let meaning = StoreError(code: code)
    guard case .system = meaning else { return meaning }
    return code == EIO && freeDiskBytes < 1 << 16 ? .full : .notWritten(Errno(code))
  }

  /// Whether commits are synced. For the thread that commits.
  func setSync(_ isOn: Bool) {
    // SAFETY: the handle is alive, and the call only changes a flag.
    let code = unsafe mdb_env_set_flags(handle, UInt32(MDB_NOSYNC), isOn ? 0 : 1)
    precondition(code == MDB_SUCCESS, "LMDB knows the flag")
  }

  /// Throws if nothing can be written any more.
  func requireWritable() throws(StoreError) {
    if let failure = writeFailure { throw .unsettled(failure) }
  }

  /// Whether LMDB gives no further transaction.
  private var hasPanicked: Bool {
    // SAFETY: on success `begun` is ours and ended in the next line.
    var begun: OpaquePointer?
    guard unsafe mdb_txn_begin(handle, nil, 0, &begun) == MDB_SUCCESS else { return true }
    unsafe mdb_txn_abort(begun)
    return false
  }
}
