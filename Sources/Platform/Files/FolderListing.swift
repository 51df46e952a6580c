internal import CLinux
internal import Glibc

/// What stands directly in a folder.
package enum FolderListing {
  /// The names in the folder at `path`, without `.` and `..`, in the order of their bytes.
  package static func names(
    in path: FilePath, followingLinks: Bool
  ) throws(Errno) -> [[UInt8]] {
    let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (followingLinks ? 0 : O_NOFOLLOW)
    // SAFETY: the calls read a terminated string and keep no pointer to it.
    let descriptor = try SystemCall.value { unsafe path.withPointer { unsafe open($0, flags) } }
    let folder = FileDescriptor(owning: descriptor)
    // SAFETY: the stream owns the descriptor from here on, and is closed once.
    guard let stream = unsafe try SystemCall.pointer({ unsafe fdopendir(descriptor) }) else {
      throw .notADirectory
    }
    _ = folder.release()
    defer { unsafe closedir(stream) }
    var names: [[UInt8]] = []
    while let entry = unsafe try SystemCall.pointer({ unsafe readdir(stream) }) {
      let name = unsafe name(of: entry)
      if name != [UInt8(ascii: ".")], name != [UInt8(ascii: "."), UInt8(ascii: ".")] {
        names.append(name)
      }
    }
    return names.sorted { $0.lexicographicallyPrecedes($1) }
  }

  /// Copies the name, which is terminated, and often shorter than the field that it is declared as.
  private static func name(of entry: UnsafeMutablePointer<dirent>) -> [UInt8] {
    guard let offset = MemoryLayout<dirent>.offset(of: \.d_name) else {
      preconditionFailure("an entry without a name")
    }
    // SAFETY: the entry is valid until the next call on its stream, and its name is terminated.
    let start = unsafe UnsafeRawPointer(entry).advanced(by: offset)
    let count = unsafe strlen(start.assumingMemoryBound(to: CChar.self))
    return unsafe Array(UnsafeRawBufferPointer(start: start, count: count))
  }
}

/// What root makes in a folder of somebody else.
package enum FolderOwner {
  /// By root only: gives what is at `path`, not what it links to, to whoever the folder that it is
  /// in belongs to. Everybody else's files are their own already.
  package static func adopt(_ path: String) throws(Errno) {
    guard ProcessControl.userID == 0 else { return }
    let folder = try FileStatus(path: folder(of: path), followingLinks: true)
    // SAFETY: the call reads a terminated string.
    _ = try SystemCall.value { unsafe lchown(path, folder.userID, folder.groupID) }
  }

  /// The path of the folder that `path` is in.
  static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}

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
