internal import CLinux
internal import Glibc

/// Identifies a kind of file by some bytes near its start.
package struct FileBeginning: Sendable {
  private let offset: Int
  private let bytes: [UInt8]

  package init(_ bytes: [UInt8], at offset: Int) {
    (self.bytes, self.offset) = (bytes, offset)
  }

  /// Whether a file is empty or has the bytes.
  func isEmptyOrAt(_ file: borrowing FileDescriptor) -> Bool {
    if let status = try? FileStatus(of: file), status.byteCount == 0 { return true }
    return isAt(file)
  }

  /// Whether a file has the bytes at the offset.
  package func isAt(_ file: borrowing FileDescriptor) -> Bool {
    var found = [UInt8](repeating: 0, count: bytes.count)
    var room = found.mutableSpan
    guard let count = try? file.read(into: &room, at: offset) else { return false }
    return count == bytes.count && found == bytes
  }
}

/// A file that gets its name only when it is complete and on the disk. Until then it has the suffix
/// `.partial`, and `deinit` removes it. After a crash it stays, and the next file of the same name
/// removes it. It is locked while it is being written.
package struct NewFile: ~Copyable {
  /// The file to write to.
  package let descriptor: FileDescriptor
  /// The path of the file until it is published.
  package let partialPath: String
  private let path: String
  private var isPublished = false
  /// The suffix of the name until then.
  package static let suffix = ".partial"

  /// Creates the file (mode 0600).
  ///
  /// - Parameters:
  ///   - path: the final name.
  ///   - ownedLikeFolder: if this process is root, the folder's owner gets the file.
  ///   - beginning: identifies a leftover partial file, which is removed (`removeLeftover`); nil
  ///     removes none.
  /// - Throws: `fileExists` if something is at the path, or if the partial path has a file that is
  ///   not a leftover of a crash; the kernel's other errors.
  package init(
    path: String, ownedLikeFolder: Bool = false, beginning: FileBeginning? = nil
  ) throws(Errno) {
    let partialPath = path + Self.suffix
    if Self.exists(path) { throw .fileExists }
    if let beginning, Self.exists(partialPath) { Self.removeLeftover(partialPath, beginning) }
    // SAFETY: the call reads a terminated string.
    let opened = try SystemCall.value {
      unsafe clinux_open(partialPath, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
    }
    let descriptor = FileDescriptor(owning: opened)
    _ = try SystemCall.value { clinux_lock_exclusive(opened) }
    // Another process may have removed the file as a leftover before it was locked.
    guard try FileStatus(path: partialPath).identity == FileStatus(of: descriptor).identity else {
      throw .fileExists
    }
    if ownedLikeFolder {
      do { try FolderOwner.adopt(partialPath) } catch {
        _ = unsafe unlink(partialPath)
        throw error
      }
    }
    self.descriptor = descriptor
    self.partialPath = partialPath
    self.path = path
  }

  deinit {
    if !isPublished { _ = unsafe unlink(partialPath) }
  }

  package var byteCount: Int {
    get throws(Errno) { try FileStatus(of: descriptor).byteCount }
  }

  /// Syncs the file to the disk and gives it its name.
  ///
  /// - Throws: `fileExists` if something is at the path by now; the kernel's other errors. The file
  ///   is then removed, unless only a later step failed, such as the sync of the folder.
  package consuming func publish() throws(Errno) {
    let file = descriptor.rawValue
    _ = try SystemCall.value { fsync(file) }
    // Not rename, which would replace what is there. SAFETY: the calls read terminated strings.
    _ = try SystemCall.value { unsafe link(partialPath, path) }
    isPublished = true
    _ = try SystemCall.value { unsafe unlink(partialPath) }
    try FolderSync.sync(FolderOwner.folder(of: path))
  }

  /// Removes a partial file that an ended process left at `path`: a regular file of this user that
  /// is not locked, and is empty or has the bytes of `beginning`. Anything else stays. Returns
  /// whether the file was removed.
  @discardableResult
  package static func removeLeftover(_ path: String, _ beginning: FileBeginning) -> Bool {
    guard let opened = try? FileDescriptor.openingInPlace(FilePath(path.utf8)),
      let status = try? FileStatus(of: opened), status.isRegular,
      status.userID == ProcessControl.userID
    else { return false }
    let descriptor = opened.rawValue
    guard (try? SystemCall.value { clinux_lock_exclusive(descriptor) }) != nil,
      (try? FileStatus(path: path))?.identity == status.identity,
      beginning.isEmptyOrAt(opened)
    else { return false }
    return unsafe unlink(path) == 0
  }

  /// Whether something is at `path`, even a dangling link.
  package static func exists(_ path: String) -> Bool {
    (try? FileStatus(path: path)) != nil
  }
}
