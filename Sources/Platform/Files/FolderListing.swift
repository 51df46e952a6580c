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
