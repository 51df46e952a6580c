extension Span where Element == UInt8 {
  /// Whether the bytes are UTF-8 without NUL. ASCII, which nearly everything is, goes eight at a
  /// time.
  public var isText: Bool {
    let highBits: UInt64 = 0x8080_8080_8080_8080
    let ones: UInt64 = 0x0101_0101_0101_0101
    var offset = 0
    // SAFETY: every load ends within the buffer.
    let isASCII = unsafe withUnsafeBytes { buffer in
      while offset + 8 <= buffer.count {
        let word = unsafe buffer.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        if (word | ((word &- ones) & ~word)) & highBits != 0 { return false }
        offset += 8
      }
      while offset < buffer.count {
        let byte = unsafe buffer[offset]
        if byte == 0 || byte >= 0x80 { return false }
        offset += 1
      }
      return true
    }
    if isASCII { return true }
    for index in offset..<count where self[index] == 0 { return false }
    return (try? UTF8Span(validating: self)) != nil
  }
}
