internal import CLinux
internal import Glibc

/// What a kind of file can be told by: some bytes near its start.
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

  /// Whether a file has the bytes.
  package func isAt(_ file: borrowing FileDescriptor) -> Bool {
    var found = [UInt8](repeating: 0, count: bytes.count)
    var room = found.mutableSpan
    guard let count = try? file.read(into: &room, at: offset) else { return false }
    return count == bytes.count && found == bytes
  }
}

/// A file that gets its name when it is whole and on the disk. Until then it grows beside it, with
/// `.partial` behind the name, and goes away with this value; only a crash leaves it there, and the
/// next of the same name takes it away. It is locked for as long as somebody writes to it.
package struct NewFile: ~Copyable {
  /// Where to write.
  package let descriptor: FileDescriptor
  /// Where it can be read until it is published.
  package let partialPath: String
  private let path: String
  private var isPublished = false
  /// What stands behind the name until then.
  package static let suffix = ".partial"

  /// Makes the file (mode 0600).
  ///
  /// - Parameters:
  ///   - path: the name that it is to get.
  ///   - ownedLikeFolder: by root only: the file belongs to whoever the folder belongs to, not to
  ///     root.
  ///   - beginning: what a file begins with that is left of such a one (`removeLeftover`) and is
  ///     taken away; nil: none is.
  /// - Throws: `fileExists` when something is at the path, or at that with `.partial` what is none
  ///   that a crash has left, and the kernel's other errors.
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
    // Whoever takes leftovers away may have been faster than the lock.
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

  /// How many bytes it has.
  package var byteCount: Int {
    get throws(Errno) { try FileStatus(of: descriptor).byteCount }
  }

  /// Waits until the file is on the disk and gives it its name.
  ///
  /// - Throws: `fileExists` when something has come to be at the path, and the kernel's other
  ///   errors; the file is then gone, unless only the folder could not be brought to the disk.
  package consuming func publish() throws(Errno) {
    let file = descriptor.rawValue
    _ = try SystemCall.value { fsync(file) }
    // Not rename, which would replace what is there. SAFETY: the calls read terminated strings.
    _ = try SystemCall.value { unsafe link(partialPath, path) }
    isPublished = true
    _ = try SystemCall.value { unsafe unlink(partialPath) }
    try FolderSync.sync(FolderOwner.folder(of: path))
  }

  /// Removes the file at `path` if a process has left it that died before it was published: a plain
  /// file of this user, which nobody has locked, and which is empty or begins as told. Anything
  /// else stays. Returns whether it is gone.
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

  /// Whether there is something at `path`, a dangling link included.
  package static func exists(_ path: String) -> Bool {
    (try? FileStatus(path: path)) != nil
  }
}
