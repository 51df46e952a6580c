internal import CLinux
internal import Glibc

/// The entries of a folder.
package enum FolderListing {
  /// The names in the folder at `path`, without `.` and `..`, in the order of their bytes.
  package static func names(
    in path: FilePath, followingLinks: Bool
  ) throws(Errno) -> [[UInt8]] {
    let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (followingLinks ? 0 : O_NOFOLLOW)
    // SAFETY: the calls read a terminated string and keep no pointer to it.
    let descriptor = try SystemCall.value { unsafe path.withPointer { unsafe open($0, flags) } }
    let folder = FileDescriptor(owning: descriptor)
    // SAFETY: from here on the stream owns the descriptor; it is closed once.
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

  /// Copies the name, which is terminated and usually shorter than its declared field.
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

/// The owner of files that root creates in another user's folder.
package enum FolderOwner {
  /// If this process is root, gives the file at `path` (a link itself, not its target) to the owner
  /// and group of its folder. Otherwise does nothing.
  package static func adopt(_ path: String) throws(Errno) {
    guard ProcessControl.userID == 0 else { return }
    let folder = try FileStatus(path: folder(of: path), followingLinks: true)
    // SAFETY: the call reads a terminated string.
    _ = try SystemCall.value { unsafe lchown(path, folder.userID, folder.groupID) }
  }

  /// The path of the folder that contains `path`.
  package static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}

/// Syncs the names in a folder to the disk.
package enum FolderSync {
  /// Returns when all creations, renames and removals in the folder at `path` would survive a crash
  /// of the machine.
  package static func sync(_ path: String) throws(Errno) {
    // SAFETY: the call reads a terminated string.
    let folder = FileDescriptor(
      owning: try SystemCall.value { unsafe clinux_open(path, O_RDONLY | O_DIRECTORY, 0) })
    let number = folder.rawValue
    _ = try SystemCall.value { fsync(number) }
  }
}
