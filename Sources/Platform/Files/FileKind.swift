internal import Glibc

/// What stands at a path.
package enum FileKind: Sendable {
  case regular
  case folder
  case symbolicLink
  /// A pipe, a socket or a device.
  case special

  /// Reads the file type of a mode of stat(2).
  init(mode: UInt32) {
    switch mode & UInt32(S_IFMT) {
    case UInt32(S_IFREG): self = .regular
    case UInt32(S_IFDIR): self = .folder
    case UInt32(S_IFLNK): self = .symbolicLink
    default: self = .special
    }
  }

  /// What is at `path`; a symbolic link is followed only if asked for.
  package init(at path: FilePath, followingLinks: Bool) throws(Errno) {
    var status = stat()
    // SAFETY: the call reads a terminated string, fills `status` and keeps no pointer.
    _ = try SystemCall.value {
      unsafe path.withPointer {
        unsafe followingLinks ? stat($0, &status) : lstat($0, &status)
      }
    }
    self.init(mode: status.st_mode)
  }
}
