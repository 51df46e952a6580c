// One LMDB environment: a memory-mapped file of copy-on-write B-trees, with one writer at a time
// and any number of readers, which neither block it nor each other. A reader sees the state at its
// begin until it is renewed. A commit is on disk when it returns: after any crash the file holds
// the last commit that returned, or the one that was under way, never a mixture. What is kept
// elsewhere too is the exception, see `Environment+Checkpoints.swift`.
//
// Hazards:
// - Opened twice by one process, LMDB's file locks break silently: closing either releases both.
// - A read transaction that is never renewed keeps pages from being reused; the file grows to its
//   map.
// - A second write transaction on a thread waits for itself, forever.

internal import CLMDB
internal import Glibc
internal import Platform
internal import Synchronization

/// An open environment. Transactions keep it alive; the last reference closes it.
///
/// `@safe`: the pointer can't be reached from outside the module, and is closed once, in deinit.
@safe
package final class Environment: Sendable {
  // SAFETY: LMDB allows an environment handle to be used from any thread at once; it synchronizes
  // by itself. The pointer never changes and is closed only in deinit, when nothing refers to it.
  nonisolated(unsafe) let handle: OpaquePointer
  /// Whether its readers are registered, so that no writer reuses what they read.
  let isLocked: Bool
  /// Where it was opened.
  let folder: String
  /// Whether that is the path of the file itself, and not of its folder.
  let isFile: Bool
  /// The file that must be at its path for a commit; nil for a file that has no name yet.
  let watchedPath: String?
  /// How far the file is allocated.
  let allocation = Guarded(StoreAllocation())
  /// The error number by which writing has ended; 0 while it goes on.
  let failedWrite = Atomic<Int32>(0)
  /// Whether trees of pages may be wrong that every row seems to be whole in. A write to them could
  /// free pages that others use by now, such as those of the log.
  let isDistrusted = Atomic<Bool>(false)
  /// What can be read when LMDB gives no transaction any more.
  let spareViews = Guarded(SpareViews())
  /// What is known to be on the disk; nil while every commit is synced.
  let checkpoints = Guarded<Checkpoints?>(nil)
  let hasCheckpoints = Atomic<Bool>(false)
  /// The write transaction that was set aside.
  let parked = Guarded(ParkedTransaction())

  /// Reader slots for other processes: a process that verifies the files of a running daemon takes
  /// one, and must not take the daemon's. The process that opens a store first decides how many
  /// there are; a slot takes 64 bytes.
  package static let sharedReaders = 1024

  /// Opens the environment in `folder`, which must exist, and creates its two files (mode 0600) if
  /// need be. Frees the reader slots of processes that died.
  ///
  /// - Parameters:
  ///   - folder: a path.
  ///   - mapSizeBytes: address space to reserve, a multiple of the page size; the store can't
  ///     outgrow it. The file takes only what is used.
  ///   - maximumTables: how many names `openTables` may open.
  ///   - maximumReaders: how many read transactions may be alive, in all processes.
  /// - Throws: `StoreError`.
  package init(
    folder: String,
    mapSizeBytes: Int,
    maximumTables: Int,
    maximumReaders: Int
  ) throws(StoreError) {
    // NOTLS: a read transaction belongs to its object, not its thread, so a thread may hold
    // several. Not NOMEMINIT: unwritten parts of a page would carry old heap contents, secrets too,
    // to disk. Not WRITEMAP or NOSYNC: each weakens what a returned commit promises. NOSYNC is set
    // for transactions whose changes are kept elsewhere too, between checkpoints.
    isLocked = true
    isFile = false
    self.folder = folder
    watchedPath = LedgerFile.path(in: folder)
    try LedgerFile.checkKinds(in: folder)
    try Self.settle(LedgerFile.path(in: folder))
    try Self.allocateLock(in: folder, readers: maximumReaders)
    unsafe handle = try Self.open(
      folder, flags: UInt32(MDB_NOTLS), maximumTables: maximumTables
    ) { (opened) throws(StoreError) in
      try unsafe StoreError.check(mdb_env_set_mapsize(opened, mapSizeBytes))
      try unsafe StoreError.check(mdb_env_set_maxreaders(opened, UInt32(maximumReaders)))
    }
    try checkLength()
    try freeSlotsOfTheDead()
    adoptAllocation()
  }

  /// Opens an environment that exists, only to read it.
  ///
  /// The path is that of a folder, which other processes may have open and write to meanwhile; or,
  /// with `isFile`, of the one file of a copy, which no process writes: it needs no lock beside it.
  /// `openExistingTables` may open `maximumTables` names. A copy that was cut off is `corrupted`.
  /// Of a folder that this user may only read, the lock can't be had, nor where its file was
  /// removed: a daemon that runs still has the old one, and another would lock nothing. See
  /// `isLocked`.
  package init(reading path: String, isFile: Bool, maximumTables: Int) throws(StoreError) {
    folder = path
    self.isFile = isFile
    watchedPath = nil
    if isFile { try LedgerFile.checkKind(path) } else { try LedgerFile.checkKinds(in: path) }
    try LedgerFile.requireContent(isFile ? path : LedgerFile.path(in: path))
    if !isFile { try Self.requireSettled(LedgerFile.path(in: path)) }
    // SAFETY: the call reads a terminated string.
    let hasLock = unsafe !isFile && access(path + "/lock.mdb", F_OK) == 0
    let flags = UInt32(MDB_NOTLS | MDB_RDONLY) | (isFile ? UInt32(MDB_NOSUBDIR) : 0)
    if hasLock { try Self.allocateLock(in: path, readers: Self.sharedReaders) }
    do throws(StoreError) {
      unsafe handle = try Self.open(
        reading: path, flags: flags | (hasLock ? 0 : UInt32(MDB_NOLOCK)),
        maximumTables: maximumTables)
      isLocked = hasLock
    } catch {
      guard hasLock, error == .system(EACCES) else { throw error }
      unsafe handle = try Self.open(
        reading: path, flags: flags | UInt32(MDB_NOLOCK), maximumTables: maximumTables)
      isLocked = false
    }
    try checkLength()
  }

  /// Opens the file at `path`, which is empty, to fill it. No other process uses it yet.
  ///
  /// Neither a lock nor another reader is needed. It takes `mapSizeBytes` of address space. Nothing
  /// of scratch is ever synced, so that it takes no time of a disk that others wait for.
  init(
    filling path: String, mapSizeBytes: Int, maximumTables: Int, isScratch: Bool = false
  ) throws(StoreError) {
    folder = path
    isFile = true
    watchedPath = nil
    isLocked = false
    unsafe handle = try Self.open(
      path,
      flags: UInt32(MDB_NOTLS | MDB_NOSUBDIR | MDB_NOLOCK | (isScratch ? MDB_NOSYNC : 0)),
      maximumTables: maximumTables
    ) { (opened) throws(StoreError) in
      try unsafe StoreError.check(mdb_env_set_mapsize(opened, mapSizeBytes))
    }
  }

  private static func open(
    reading path: String, flags: UInt32, maximumTables: Int
  ) throws(StoreError) -> OpaquePointer {
    try unsafe open(path, flags: flags, maximumTables: maximumTables) {
      (opened) throws(StoreError) in
      // The size of the map is that of the files.
      try unsafe StoreError.check(mdb_env_set_maxreaders(opened, UInt32(sharedReaders)))
    }
  }

  /// Opens `path`, which `prepare` may set up first.
  private static func open(
    _ path: String, flags: UInt32, maximumTables: Int,
    _ prepare: (OpaquePointer) throws(StoreError) -> Void
  ) throws(StoreError) -> OpaquePointer {
    // SAFETY: on success `created` is the caller's; an error closes it here.
    var created: OpaquePointer?
    try unsafe StoreError.check(mdb_env_create(&created))
    guard let opened = unsafe created else {
      preconditionFailure("mdb_env_create succeeded without an environment")
    }
    do throws(StoreError) {
      try unsafe prepare(opened)
      try unsafe StoreError.check(mdb_env_set_maxdbs(opened, MDB_dbi(maximumTables)))
      try unsafe StoreError.check(mdb_env_open(opened, path, flags, 0o600))
    } catch {
      // Also after a failed open: LMDB asks for it.
      unsafe mdb_env_close(opened)
      throw error
    }
    return unsafe opened
  }

  deinit {
    endSpareViews()
    dropCheckpoints()
    abortParked()
    // SAFETY: every transaction refers to its environment, so none is left.
    unsafe mdb_env_close(handle)
  }

  /// Opens the named tables, creating those that don't exist, in a write transaction of its own.
  ///
  /// Hazard: table handles are shared by all transactions, so call this before any other begins.
  ///
  /// - Parameters:
  ///   - names: at most `maximumTables` in the life of the environment.
  ///   - checked: those whose rows have a checksum.
  /// - Returns: one table a name, in the same order.
  /// - Throws: `StoreError`; then no table was created.
  package func openTables(
    _ names: [String], checked: Set<String> = []
  ) throws(StoreError) -> [Table] {
    let transaction = try WriteTransaction(self)
    var identifiers: [MDB_dbi] = []
    for name in names {
      var identifier: MDB_dbi = 0
      // SAFETY: the name is copied; the transaction is open until commit.
      let code = unsafe mdb_dbi_open(
        transaction.handle.pointer, name, UInt32(MDB_CREATE), &identifier)
      try StoreError.check(code)
      try unsafe Self.checkFlags(of: identifier, name, in: transaction.handle.pointer)
      identifiers.append(identifier)
    }
    try transaction.commit()
    return try tables(names, identifiers, checked: checked)
  }
}
