internal import Glibc

/// Reads a file that is small enough to be read at once.
package enum SmallFile {
  /// The bytes of the file at `path`; more than `limit` of them is an error (`EFBIG`).
  package static func read(path: String, atMost limit: Int) throws(Errno) -> [UInt8] {
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
