internal import Glibc

/// Replaces files atomically: a reader sees the complete old file or the complete new one.
package enum WholeFile {
  /// Writes a file beside `path`, with `.new` at the end of its name, and renames it to `path`.
  /// Without `isDurable` nothing is synced, and a crash of the machine may lose the file.
  ///
  /// The temporary name is always the same, so that crashes can't leave many such files. `O_EXCL`
  /// prevents writing into a file of another process.
  ///
  /// - Parameters:
  ///   - path: of the file.
  ///   - bytes: the new contents.
  ///   - mode: its permissions, whatever the umask is.
  ///   - isDurable: whether to return only when the new file is on the disk; after an earlier crash
  ///     the whole old or the whole new file is there. If root creates the file, the folder's owner
  ///     then gets it.
  /// - Throws: the kernel's error; `path` is then unchanged, unless only the sync of the folder
  ///   failed.
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
