internal import Glibc

extension FileDescriptor {
  /// Writes all of `bytes` at an offset of a file.
  package func write(_ bytes: Span<UInt8>, at offset: Int) throws(Errno) {
    let descriptor = rawValue
    var written = 0
    while written < bytes.count {
      // SAFETY: the kernel reads at most `count` bytes, and the pointer doesn't leave the closure.
      let count = unsafe try bytes.extracting(written..<bytes.count).withUnsafeBytes {
        (rest) throws(Errno) in
        try SystemCall.value {
          unsafe pwrite(descriptor, rest.baseAddress, rest.count, offset + written)
        }
      }
      guard count > 0 else { throw .noSpace }
      written += count
    }
  }

  /// Fills `room` from an offset of a file, as far as the file goes. Returns how many bytes came.
  @discardableResult
  package func read(into room: inout MutableSpan<UInt8>, at offset: Int) throws(Errno) -> Int {
    let descriptor = rawValue
    // SAFETY: bytes of a trivial type, of which any value is valid; the kernel writes at most
    // `count` of them, and the pointer doesn't leave the closure.
    return unsafe try room.withUnsafeMutableBytes { (bytes) throws(Errno) in
      var count = 0
      while count < bytes.count {
        let more = try SystemCall.value {
          unsafe pread(
            descriptor, bytes.baseAddress?.advanced(by: count), bytes.count - count, offset + count)
        }
        if more == 0 { break }
        count += more
      }
      return count
    }
  }

  /// Returns when what was written to a file is on the disk.
  package func syncData() throws(Errno) {
    let descriptor = rawValue
    _ = try SystemCall.value { fdatasync(descriptor) }
  }
}
