internal import Glibc

/// Files that a reader sees whole, the old one or the new.
package enum WholeFile {
  /// Writes a file beside `path`, with `.new` at the end of its name, and renames it to `path`.
  /// Unless it is to be durable nothing is synced: a crash of the machine may lose it.
  ///
  /// The name beside is always the same, so that crashes leave no heap of such files; `O_EXCL`
  /// keeps from writing into somebody else's.
  ///
  /// - Parameters:
  ///   - path: of the file.
  ///   - bytes: all that it is to hold.
  ///   - mode: its permissions, whatever the mask of the process is.
  ///   - isDurable: whether it returns when the new file is on the disk, and before that the old
  ///     one is. The file then belongs to whoever the folder belongs to, if root makes it.
  /// - Throws: the kernel's error; `path` is then as it was.
  package static func replace(
    path: String, with bytes: Span<UInt8>, mode: UInt32, isDurable: Bool = false
  ) throws(Errno) {
    let beside = path + ".new"
    // SAFETY: the calls read terminated strings and keep no pointer.
    _ = unsafe unlink(beside)
    let descriptor = try SystemCall.value {
      unsafe open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
    }
    do {
      try fill(FileDescriptor(owning: descriptor), with: bytes, mode: mode, isDurable: isDurable)
      if isDurable { try FolderOwner.adopt(beside) }
      _ = try SystemCall.value { unsafe rename(beside, path) }
    } catch {
      _ = unsafe unlink(beside)
      throw error
    }
    if isDurable { try FolderSync.sync(FolderOwner.folder(of: path)) }
  }

  private static func fill(
    _ file: consuming FileDescriptor, with bytes: Span<UInt8>, mode: UInt32, isDurable: Bool
  ) throws(Errno) {
    let number = file.rawValue
    _ = try SystemCall.value { fchmod(number, mode) }
    var written = 0
    while written < bytes.count {
      guard case .bytes(let count) = try file.write(bytes.extracting(droppingFirst: written)),
        count > 0
      else { throw .noSpace }
      written += count
    }
    if isDurable { _ = try SystemCall.value { fsync(number) } }
  }
}

/// Reads a file that is small enough to be read at once.
package enum SmallFile {
  /// The bytes of the file at `path`; more than `limit` of them is an error (`EFBIG`).
  package static func read(path: String, maximumBytes limit: Int) throws(Errno) -> [UInt8] {
    // SAFETY: the call reads a terminated string.
    let file = FileDescriptor(
      owning: try SystemCall.value { unsafe open(path, O_RDONLY | O_CLOEXEC) })
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16 << 10)
    while true {
      // SAFETY: the pointer doesn't leave the closure.
      var span = chunk.mutableSpan
      let outcome = try unsafe span.withUnsafeMutableBytes { (room) throws(Errno) in
        try unsafe file.read(into: room)
      }
      guard case .bytes(let count) = outcome else { return bytes }
      guard bytes.count + count <= limit else { throw Errno(EFBIG) }
      bytes += chunk[..<count]
    }
  }
}
