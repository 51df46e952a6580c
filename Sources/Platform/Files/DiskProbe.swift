internal import CLinux
internal import Glibc

/// Whether a disk takes writes.
package enum DiskProbe {
  /// Writes and syncs a block of a file in `folder`, which is made for that and removed.
  package static func isWritable(folder: String) -> Bool {
    let path = folder + "/probe"
    // SAFETY: the calls read terminated strings.
    defer { _ = unsafe unlink(path) }
    do {
      let file = FileDescriptor(
        owning: try SystemCall.value {
          unsafe clinux_open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o600)
        })
      try file.writeAll([UInt8](repeating: 0x5a, count: 4096).span)
      let descriptor = file.rawValue
      _ = try SystemCall.value { fdatasync(descriptor) }
      return true
    } catch {
      return false
    }
  }
}
