internal import CLinux
internal import Glibc

extension FileDescriptor {
  /// Opens a file to read it from its start. A pipe is waited for, until somebody writes to it.
  package static func opening(_ path: FilePath) throws(Errno) -> FileDescriptor {
    try opening(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
  }

  /// As above, but fails on a symbolic link (`ELOOP`) and waits for nothing, whatever has come to
  /// stand at the path.
  package static func openingInPlace(_ path: FilePath) throws(Errno) -> FileDescriptor {
    try opening(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK)
  }

  private static func opening(_ path: FilePath, _ flags: Int32) throws(Errno) -> FileDescriptor {
    // SAFETY: the call reads a terminated string and keeps no pointer.
    let descriptor = try SystemCall.value { unsafe path.withPointer { unsafe open($0, flags) } }
    return FileDescriptor(owning: descriptor)
  }

  /// Opens a file to read and write it, and makes it (mode 0600) where it is missing.
  package static func openingOrMaking(_ path: String) throws(Errno) -> FileDescriptor {
    // SAFETY: the call reads a terminated string.
    FileDescriptor(
      owning: try SystemCall.value {
        unsafe clinux_open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600)
      })
  }
}
