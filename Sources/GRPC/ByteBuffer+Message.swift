internal import Messages

// Steps on a stream's buffer in one piece: each use of an object's buffer is checked for
// exclusivity when it runs, which costs more than a step does.
extension ByteBuffer {
  /// Appends a message with its prefix, and returns the capacity.
  mutating func append(message payload: Span<UInt8>) -> Int {
    append(0)
    append(bigEndian: UInt32(payload.count))
    append(payload)
    return capacity
  }

  /// Moves `count` bytes to the start of `target`.
  mutating func move(_ count: Int, to target: UnsafeMutableRawBufferPointer) {
    // SAFETY: both hold `count` bytes and are apart.
    unsafe bytes.withUnsafeBytes { source in
      unsafe target.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[..<count]))
    }
    consume(count)
  }

  /// Forgets everything, with storage of more than `count` bytes, and returns the capacity.
  mutating func removeAll(keeping count: Int) -> Int {
    removeAll()
    shrink(to: count)
    return capacity
  }
}
