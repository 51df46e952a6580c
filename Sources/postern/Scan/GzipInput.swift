internal import CZlib
package import Platform

/// The content of a gzip file, unpacked piece by piece, so that only one piece is in memory at a
/// time. Several members in a row are one file, as in gzip.
///
/// Hazard: gzip makes zeros a thousandfold smaller, and gzip of that a millionfold. So what is
/// itself unpacked from gzip has a limit.
///
/// `@safe`: zlib's state is allocated in init, never moves and is freed in deinit.
@safe
package final class GzipInput {
  // SAFETY: only the methods of this object touch it, one at a time; see above.
  private let stream: UnsafeMutablePointer<z_stream>
  private var packed: [UInt8]
  private var position = 0
  private var count: Int
  private var isBetweenMembers = false
  private var isOver = false
  /// How many bytes may still be unpacked; nil for any number.
  private var bytesLeft: Int?
  /// Why the rest could not be unpacked; nil after a proper end.
  package private(set) var problem: String?

  /// Whether the bytes begin like a gzip file.
  package static func isGzip(_ bytes: Span<UInt8>) -> Bool {
    bytes.count >= 3 && bytes[0] == 0x1f && bytes[1] == 0x8b && bytes[2] == 0x08
  }

  /// Starts with the first bytes of a file, which were already read.
  package init(_ first: Span<UInt8>, maximumBytes: Int? = nil) {
    bytesLeft = maximumBytes
    packed = [UInt8](repeating: 0, count: max(64 << 10, first.count))
    for index in first.indices { packed[index] = first[index] }
    count = first.count
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    let code = unsafe czlib_begin_gzip(stream)
    precondition(code == Z_OK, "zlib can't begin: \(code)")
  }

  deinit {
    unsafe inflateEnd(stream)
    unsafe stream.deallocate()
    var span = packed.mutableSpan
    SecretMemory.wipe(&span)
  }

  /// Unpacks bytes into the start of `room`, with more input from `read` if necessary; 0 at the
  /// end.
  package func read(
    into room: inout MutableSpan<UInt8>,
    _ read: (inout MutableSpan<UInt8>) throws(Errno) -> Int
  ) throws(Errno) -> Int {
    while !isOver {
      if position == count {
        position = 0
        count = try Self.fill(&packed, read)
        if count == 0 {
          if !isBetweenMembers { problem = "its gzip data is cut off" }
          break
        }
      }
      if isBetweenMembers {
        // Other bytes after a member are padding.
        guard packed[position] == 0x1f else { break }
        unsafe inflateReset(stream)
        isBetweenMembers = false
      }
      let unpacked = unpack(into: &room)
      if unpacked > 0 { return admit(unpacked) }
    }
    isOver = true
    return 0
  }

  /// Counts unpacked bytes against the limit, and returns how many of them count.
  private func admit(_ unpacked: Int) -> Int {
    guard let left = bytesLeft else { return unpacked }
    bytesLeft = left - min(left, unpacked)
    guard unpacked > left else { return unpacked }
    problem = "its gzip data is packed again and unpacks to too much"
    isOver = true
    return left
  }

  private static func fill(
    _ packed: inout [UInt8], _ read: (inout MutableSpan<UInt8>) throws(Errno) -> Int
  ) throws(Errno) -> Int {
    var room = packed.mutableSpan
    return try read(&room)
  }

  private func unpack(into room: inout MutableSpan<UInt8>) -> Int {
    let available = count - position
    // SAFETY: zlib stays within the sizes that it is told, and keeps no pointer after the call.
    let (code, unpacked) = unsafe packed.withUnsafeMutableBufferPointer { packed in
      unsafe room.withUnsafeMutableBufferPointer { room -> (Int32, Int) in
        unsafe stream.pointee.next_in = packed.baseAddress?.advanced(by: position)
        unsafe stream.pointee.avail_in = UInt32(available)
        unsafe stream.pointee.next_out = room.baseAddress
        unsafe stream.pointee.avail_out = UInt32(room.count)
        let code = unsafe inflate(stream, Z_NO_FLUSH)
        return unsafe (code, room.count - Int(stream.pointee.avail_out))
      }
    }
    position = unsafe count - Int(stream.pointee.avail_in)
    switch code {
    case Z_STREAM_END: isBetweenMembers = true
    case Z_OK, Z_BUF_ERROR: break
    default:
      problem = "its gzip data is damaged"
      isOver = true
    }
    return unpacked
  }
}
