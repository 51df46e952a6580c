internal import Glibc

/// What the kernel knows about a file.
package struct FileStatus {
  /// Identifies a file independently of its name.
  package struct Identity: Equatable, Sendable {
    package let device: UInt64
    package let inode: UInt64

    package init(device: UInt64, inode: UInt64) {
      self.device = device
      self.inode = inode
    }
  }

  package let identity: Identity
  let userID: UInt32
  let groupID: UInt32
  package let byteCount: Int
  private let mode: UInt32

  /// The lowest twelve bits of the mode.
  package var permissions: UInt32 { mode & 0o7777 }
  package var kind: FileKind { FileKind(mode: mode) }
  var isSocket: Bool { kind == .socket }
  var isRegular: Bool { kind == .regular }
  package var isDirectory: Bool { kind == .folder }
  /// Whether the file belongs to this process's user or to root.
  package var isOwnedByUserOrRoot: Bool { userID == 0 || userID == ProcessControl.userID }

  /// Reads the status of the file at `path`.
  package init(path: String, followingLinks: Bool = false) throws(Errno) {
    var status = stat()
    // SAFETY: the call fills `status` and keeps no pointer.
    _ = try SystemCall.value {
      unsafe followingLinks ? stat(path, &status) : lstat(path, &status)
    }
    self.init(status)
  }

  /// Reads the status of an open file.
  package init(of file: borrowing FileDescriptor) throws(Errno) {
    let descriptor = file.rawValue
    var status = stat()
    // SAFETY: the call fills `status` and keeps no pointer.
    _ = try SystemCall.value { unsafe fstat(descriptor, &status) }
    self.init(status)
  }

  private init(_ status: stat) {
    identity = Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    userID = status.st_uid
    groupID = status.st_gid
    byteCount = Int(status.st_size)
    mode = status.st_mode
  }
}

/// The kind of file at a path.
package enum FileKind: Sendable {
  case regular
  case folder
  case symbolicLink
  case pipe
  case socket
  /// A device of characters, such as a terminal or /dev/null.
  case characterDevice
  case blockDevice

  /// Reads the file type from a mode of stat(2).
  init(mode: UInt32) {
    switch mode & UInt32(S_IFMT) {
    case UInt32(S_IFREG): self = .regular
    case UInt32(S_IFDIR): self = .folder
    case UInt32(S_IFLNK): self = .symbolicLink
    case UInt32(S_IFIFO): self = .pipe
    case UInt32(S_IFSOCK): self = .socket
    case UInt32(S_IFCHR): self = .characterDevice
    default: self = .blockDevice
    }
  }

  /// The kind as a noun with its article, such as `a pipe`.
  package var noun: String {
    switch self {
    case .regular: "a regular file"
    case .folder: "a folder"
    case .symbolicLink: "a symbolic link"
    case .pipe: "a pipe"
    case .socket: "a socket"
    case .characterDevice, .blockDevice: "a device"
    }
  }

  /// Reads the kind of the file at `path`.
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
