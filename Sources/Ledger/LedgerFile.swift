internal import Glibc
internal import Platform

/// The one file of a ledger, by its name.
enum LedgerFile {
  static let name = "data.mdb"

  static func path(in folder: String) -> String { "\(folder)/\(name)" }

  /// Whether there is one in the folder.
  static func isThere(in folder: String) -> Bool { NewFile.exists(path(in: folder)) }

  /// Whether the one in the folder can be found, and is no link to nothing. LMDB would follow it,
  /// and make an empty one.
  static func isReachable(in folder: String) -> Bool {
    // SAFETY: the call reads a terminated string.
    unsafe access(path(in: folder), F_OK) == 0
  }

  /// Throws if one of the ledger's files in the folder is something else than a regular file, such
  /// as a pipe, for which opening it would wait for ever. A link to a regular file will do.
  static func checkKinds(in folder: String) throws(StoreError) {
    try checkKind(path(in: folder))
    try checkKind("\(folder)/lock.mdb")
  }

  /// Throws if there is something else than a regular file at the path.
  static func checkKind(_ path: String) throws(StoreError) {
    guard let status = try? FileStatus(path: path, followingLinks: true) else { return }
    guard status.kind == .regular else { throw .wrongKind(path, status.kind) }
  }

  /// Throws unless there is a file at the path that has anything in it. LMDB's error for either
  /// does not say so.
  static func requireContent(_ path: String) throws(StoreError) {
    let status: FileStatus
    do { status = try FileStatus(path: path, followingLinks: true) } catch {
      throw error == .noSuchFile ? .missing(path) : .system(error.code)
    }
    guard status.byteCount > 0 else { throw .corrupted("`\(path)` is empty") }
  }

  /// Whether a restore was cut off in the folder: what it has left is no ledger.
  static func isHalfRestored(in folder: String) -> Bool {
    NewFile.exists(path(in: folder) + NewFile.suffix)
  }

  /// Whether the file at the path begins as a ledger does; false if it can't be read.
  static func looksLikeOne(_ path: String) -> Bool {
    // SAFETY: the call reads a terminated string. It does not wait for the writer of a pipe.
    let opened = try? SystemCall.value {
      unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    }
    guard let opened else { return false }
    let file = FileDescriptor(owning: opened)
    var bytes = [UInt8](repeating: 0, count: 4)
    var room = bytes.mutableSpan
    do throws(Errno) { try file.read(into: &room, at: magicOffset) } catch { return false }
    return bytes.span.integer(UInt32.self, at: 0) == magic
  }

  /// LMDB's, behind the header of its first page.
  private static let magic: UInt32 = 0xbeef_c0de
  private static let magicOffset = 16

  /// Makes an empty ledger in a folder that has none. The file gets its name once it is complete
  /// and on the disk, so a crash leaves no half ledger behind, and the next attempt begins anew.
  static func create(in folder: String) throws(StoreError) {
    let path = path(in: folder)
    let beside = path + unfinishedSuffix
    // SAFETY: the call reads a terminated string.
    _ = unsafe unlink(beside)
    try fill(beside)
    try publish(beside, at: path, for: folder)
  }

  /// What the name of a file that is not finished ends with.
  static let unfinishedSuffix = ".new"

  /// Lets a finished file take its place as the ledger of a folder, which nobody has open to write.
  ///
  /// The table of readers goes with the file before, where there was one: it says which commit is
  /// the newest, and a reader may hold on to it.
  static func publish(
    _ beside: String, at path: String, for folder: String
  ) throws(StoreError) {
    do {
      // SAFETY: the calls read terminated strings.
      _ = try SystemCall.value { unsafe rename(beside, path) }
      _ = unsafe unlink("\(folder)/lock.mdb")
      try FolderSync.sync(FolderOwner.folder(of: path))
    } catch {
      throw StoreError(code: error.code)
    }
  }

  /// Where the file really is that the one in the folder may be a link to.
  static func resolvedPath(in folder: String) throws(StoreError) -> String {
    let path = path(in: folder)
    // SAFETY: the call reads a terminated string, and what it allocates is freed here.
    guard let resolved = unsafe realpath(path, nil) else { throw .missing(path) }
    defer { unsafe free(resolved) }
    return unsafe String(cString: resolved)
  }

  /// The store is closed when this returns.
  private static func fill(_ path: String) throws(StoreError) {
    let environment = try Environment(
      filling: path, mapSizeBytes: 1 << 20, maximumTables: Tables.names.count)
    let tables = Tables(try environment.openTables(Tables.names, checked: Tables.checkedNames))
    _ = try LedgerIdentity.stored(in: environment, tables.keys)
  }
}
