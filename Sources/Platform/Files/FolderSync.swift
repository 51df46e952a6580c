internal import CLinux
internal import Glibc

/// Brings the names in a folder to the disk.
package enum FolderSync {
  /// Returns when what was made, renamed or removed in the folder at `path` stays so after a crash
  /// of the machine.
  package static func sync(_ path: String) throws(Errno) {
    // SAFETY: the call reads a terminated string.
    let folder = FileDescriptor(
      owning: try SystemCall.value { unsafe clinux_open(path, O_RDONLY | O_DIRECTORY, 0) })
    let number = folder.rawValue
    _ = try SystemCall.value { fsync(number) }
  }
}
