internal import CLinux
internal import Glibc

/// A file that gets its name when it is whole and on the disk. Until then it grows beside it, with
/// `.partial` behind the name, and goes away with this value; only a crash leaves it there.
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
  /// - Throws: `fileExists` when something is at the path, or at that with `.partial`, and the
  ///   kernel's other errors.
  package init(path: String, ownedLikeFolder: Bool = false) throws(Errno) {
    let partialPath = path + Self.suffix
    if Self.exists(path) { throw .fileExists }
    // SAFETY: the call reads a terminated string.
    let opened = try SystemCall.value {
      unsafe clinux_open(partialPath, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
    }
    let descriptor = FileDescriptor(owning: opened)
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

  /// Whether there is something at `path`, a dangling link included.
  package static func exists(_ path: String) -> Bool {
    (try? FileStatus(path: path)) != nil
  }
}
