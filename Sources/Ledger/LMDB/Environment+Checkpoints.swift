// Commits that no caller waits for the disk for.
//
// What a fleet's database keeps is durable before it is committed here. So such a commit syncs
// nothing: a power cut may take it back, and it comes again. But it must not leave a torn file: the
// kernel brings pages to the disk in any order, and LMDB's meta page may come before the pages that
// it refers to. So every now and then a checkpoint is made: all is synced, and LMDB's meta is
// copied to a note in the file. Until a later note is on the disk, a view of that commit is held,
// so that no page of it is written over. After a power cut the file goes back to that commit.
//
// Hazards: a process that ends leaves its pages to the kernel, and nothing is to be taken back. The
// id of the machine's boot tells the two apart; behind a failed sync the note names no boot. If a
// file system lost its device or was shut down while nothing was written, and is mounted again in
// the same boot, nothing tells that pages are missing.

internal import CLMDB
internal import Glibc
internal import Platform
internal import Synchronization

/// The checkpoints of an open file.
struct Checkpoints: Sendable {
  let file: CheckpointedFile
  /// The newest note on the disk.
  var record: CheckpointRecord
  /// The address of the view that holds its commit; 0 for none.
  var view: UInt = 0
}

/// A descriptor of its own of the file that an environment has open.
final class CheckpointedFile: Sendable {
  let descriptor: FileDescriptor

  init(_ descriptor: consuming FileDescriptor) { self.descriptor = descriptor }
}

extension Environment {
  /// How often the meta is read again because commits came meanwhile.
  private static let attempts = 10

  /// Whether commits of what is kept elsewhere sync nothing.
  var isCheckpointed: Bool { hasCheckpoints.load(ordering: .acquiring) }

  /// Lets commits of what is kept elsewhere sync nothing from now on. Before the first of them.
  /// Where the boot has no id, all go on to be synced.
  func beginCheckpoints(bootID: [UInt8]) throws(StoreError) {
    guard bootID.contains(where: { $0 != 0 }) else { return }
    try withCheckpoints { (checkpoints) throws(Errno) in
      let file = try Self.openToSettle(LedgerFile.path(in: folder))
      let last = try CheckpointRecord(newestIn: file)?.sequence ?? 0
      var begun = Checkpoints(
        file: CheckpointedFile(file),
        record: CheckpointRecord(
          sequence: last, isOpen: true, bootID: bootID,
          meta: Array(repeating: 0, count: CheckpointRecord.meta.byteCount)))
      try advance(&begun)
      if begun.view != 0 { checkpoints = begun }
      hasCheckpoints.store(begun.view != 0, ordering: .releasing)
    }
  }

  /// Makes a checkpoint of the last commit, if there is a later one than the last checkpoint's. It
  /// waits for the disk. Any thread may. Returns whether all that was committed before is on the
  /// disk now: not if so many commits came meanwhile that none could be looked at.
  @discardableResult
  func checkpoint() throws(StoreError) -> Bool {
    guard isCheckpointed else { return true }
    let commit = UInt64(statistics.commits)
    var reached: UInt64 = 0
    try withCheckpoints { (checkpoints) throws(Errno) in
      guard var next = checkpoints else { return }
      if next.record.commit < commit { try advance(&next) }
      reached = next.record.commit
      checkpoints = next
    }
    return reached >= commit
  }

  /// Leaves the file as one of which everything is on the disk. Nothing may be committed meanwhile.
  func endCheckpoints() throws(StoreError) {
    try checkpoint()
    hasCheckpoints.store(false, ordering: .releasing)
    try withCheckpoints { (checkpoints) throws(Errno) in
      guard var ended = checkpoints else { return }
      try Self.close(&ended.record, in: ended.file.descriptor)
      endView(of: &ended)
      checkpoints = nil
    }
  }

  /// Ends the view of the last checkpoint.
  func dropCheckpoints() {
    checkpoints.withLock { checkpoints in
      if var dropped = checkpoints.take() { endView(of: &dropped) }
    }
  }

  /// A sync that failed leaves open what is on the disk: nothing is written any more.
  private func withCheckpoints(
    _ body: (inout Checkpoints?) throws(Errno) -> Void
  ) throws(StoreError) {
    if let failure = writeFailure { throw .unsettled(failure) }
    let result = checkpoints.withLock { checkpoints in
      Result { () throws(Errno) in try body(&checkpoints) }
    }
    do { try result.get() } catch {
      endWriting(error)
      throw .unsettled(error)
    }
  }

  /// Ends writing because a sync failed. The kernel tells that once, and forgets the pages that it
  /// could not write: a later sync proves nothing, even in the same boot. So the next process goes
  /// back to the last checkpoint.
  func endWriting(_ reason: Errno) {
    failedWrite.store(reason.code, ordering: .releasing)
    checkpoints.withLock { checkpoints in
      guard let file = checkpoints?.file else { return }
      try? checkpoints?.record.giveUpBoot(in: file.descriptor)
    }
  }

  private func advance(_ checkpoints: inout Checkpoints) throws(Errno) {
    guard let (view, meta) = try viewOfLastCommit(in: checkpoints.file.descriptor) else { return }
    var next = checkpoints
    next.view = view
    next.record.sequence += 1
    next.record.meta = meta
    do throws(Errno) {
      try next.file.descriptor.syncData()
      try next.record.write(to: next.file.descriptor)
      try next.file.descriptor.syncData()
    } catch {
      endView(of: &next)
      throw error
    }
    endView(of: &checkpoints)
    checkpoints = next
  }

  /// Begins a view of the last commit, and reads its meta; nil where others come too fast.
  private func viewOfLastCommit(
    in file: borrowing FileDescriptor
  ) throws(Errno) -> (view: UInt, meta: [UInt8])? {
    for _ in 0..<Self.attempts {
      var begun: OpaquePointer?
      // SAFETY: on success `begun` is ours, and ended once: here, or as the view of a checkpoint.
      guard unsafe mdb_txn_begin(handle, nil, UInt32(MDB_RDONLY), &begun) == MDB_SUCCESS,
        let view = unsafe begun
      else { return nil }
      let commit = unsafe UInt64(mdb_txn_id(view))
      let meta = try CheckpointRecord.readMeta(of: commit, in: file)
      // The next commit but one writes to this place, behind the next.
      if UInt64(statistics.commits) == commit {
        return (UInt(bitPattern: view), meta)
      }
      unsafe mdb_txn_abort(view)
    }
    return nil
  }

  private func endView(of checkpoints: inout Checkpoints) {
    // SAFETY: the address is that of a view which belongs to the checkpoints alone.
    if let view = unsafe OpaquePointer(bitPattern: checkpoints.view) { unsafe mdb_txn_abort(view) }
    checkpoints.view = 0
  }
}

extension Environment {
  /// Settles the file of a process that has not: what it has committed since its last checkpoint is
  /// brought to the disk, or taken back if the machine was started since. Before the file is opened
  /// for writing. Returns whether anything was taken back.
  @discardableResult
  static func settle(_ path: String) throws(StoreError) -> Bool {
    do throws(Errno) {
      let file = try openToSettle(path)
      guard var record = try CheckpointRecord(newestIn: file), record.isOpen else { return false }
      let isLost = record.bootID != BootID.read()
      if isLost {
        try record.restore(to: file)
        // It has the number of the commit that was the last.
        // SAFETY: the call reads a terminated string.
        _ = unsafe unlink("\(FolderOwner.folder(of: path))/lock.mdb")
      }
      do throws(Errno) { try file.syncData() } catch {
        if !isLost { try? record.giveUpBoot(in: file) }
        throw error
      }
      try close(&record, in: file)
      return isLost
    } catch {
      // What opens it says what is wrong.
      if error == .noSuchFile { return false }
      throw StoreError(code: error.code)
    }
  }

  /// Throws if the machine was started since a process wrote to the file and did not settle it.
  static func requireSettled(_ path: String) throws(StoreError) {
    do throws(Errno) {
      let file = try FileDescriptor.opening(FilePath(Array(path.utf8)))
      guard let record = try CheckpointRecord(newestIn: file), record.isOpen,
        record.bootID != BootID.read()
      else { return }
    } catch {
      throw StoreError(code: error.code)
    }
    throw .corrupted(
      "the machine stopped before the last changes were on the disk: start the daemon, which goes"
        + " back to what is, and takes the rest from its fleet")
  }

  private static func openToSettle(_ path: String) throws(Errno) -> FileDescriptor {
    // SAFETY: the call reads a terminated string.
    FileDescriptor(owning: try SystemCall.value { unsafe open(path, O_RDWR | O_CLOEXEC) })
  }

  /// Notes that the last commit of the file is on the disk.
  private static func close(
    _ record: inout CheckpointRecord, in file: borrowing FileDescriptor
  ) throws(Errno) {
    record.sequence += 1
    record.isOpen = false
    try record.write(to: file)
    try file.syncData()
  }
}
