extension TokenID {
  /// Reads the binary form: 16 bytes, big-endian; nil for any other count.
  package init?(bytes: Span<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    var high: UInt64 = 0
    var low: UInt64 = 0
    for index in 0..<8 {
      high = high << 8 | UInt64(bytes[index])
      low = low << 8 | UInt64(bytes[index &+ 8])
    }
    self.init(high: high, low: low)
  }

  /// The binary form: big-endian, so that keys sort as ids do.
  package var bytes: InlineArray<16, UInt8> {
    var bytes = InlineArray<16, UInt8>(repeating: 0)
    var span = bytes.mutableSpan
    write(into: &span)
    return bytes
  }

  /// Writes the binary form over the first 16 bytes, which must be there.
  package func write(into bytes: inout MutableSpan<UInt8>) {
    precondition(bytes.count >= Self.byteCount, "no room for a token id")
    for index in 0..<8 {
      let shift = UInt64(56 &- 8 &* index)
      bytes[index] = UInt8(truncatingIfNeeded: high &>> shift)
      bytes[index &+ 8] = UInt8(truncatingIfNeeded: low &>> shift)
    }
  }
}
