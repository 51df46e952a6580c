internal import Glibc

extension Span where Element == UInt8 {
  /// Whether the bytes are UTF-8 without NUL. ASCII, the usual case, is checked eight bytes at a
  /// time, and what follows it by the libraries, which take 0.4 ns a byte at most: a text of 4 MiB
  /// takes no longer than a turn of a worker or two.
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
    let rest = extracting(offset...)
    // SAFETY: the search ends within the buffer, which is not empty, or it would be ASCII.
    let hasNUL = unsafe rest.withUnsafeBytes { buffer in
      unsafe buffer.baseAddress.map { unsafe memchr($0, 0, buffer.count) != nil } ?? false
    }
    return !hasNUL && (try? UTF8Span(validating: rest)) != nil
  }
}

extension Span where Element == UInt8 {
  /// Whether both spans hold the same bytes. Not for secrets: it stops at the first difference.
  public func isEqual(to other: Span<UInt8>) -> Bool {
    guard count == other.count else { return false }
    // SAFETY: both buffers hold `count` bytes.
    return unsafe withUnsafeBytes { left in
      unsafe other.withUnsafeBytes { right in
        guard let first = left.baseAddress, let second = right.baseAddress else { return true }
        return unsafe memcmp(first, second, left.count) == 0
      }
    }
  }

  /// Whether the UTF-8 bytes of `text` stand somewhere in the span. Not for secrets.
  public func contains(_ text: StaticString) -> Bool {
    let length = text.utf8CodeUnitCount
    guard count >= length, length > 0 else { return length == 0 }
    // SAFETY: `found` is at most `last`, behind which there are the bytes of a whole text.
    return unsafe withUnsafeBytes { bytes in
      guard var place = bytes.baseAddress else { return false }
      let last = unsafe place + (bytes.count - length)
      let letter = unsafe Int32(text.utf8Start[0])
      while unsafe place <= last, let found = unsafe memchr(place, letter, last - place + 1) {
        if unsafe memcmp(found, text.utf8Start, length) == 0 { return true }
        unsafe place = UnsafeRawPointer(found) + 1
      }
      return false
    }
  }

  /// Whether the bytes come before those of `other` in the order of a table's keys: the first byte
  /// that differs decides, and a part comes before the whole. Not for secrets.
  public func precedes(_ other: Span<UInt8>) -> Bool {
    // SAFETY: both buffers hold as many bytes as are compared.
    let order = unsafe withUnsafeBytes { left in
      unsafe other.withUnsafeBytes { right -> Int32 in
        guard let first = left.baseAddress, let second = right.baseAddress else { return 0 }
        return unsafe memcmp(first, second, Swift.min(left.count, right.count))
      }
    }
    return order == 0 ? count < other.count : order < 0
  }

  /// Whether the span holds the UTF-8 bytes of `text`.
  public func isEqual(to text: StaticString) -> Bool {
    guard count == text.utf8CodeUnitCount else { return false }
    return unsafe withUnsafeBytes { left in
      guard let first = left.baseAddress else { return true }
      return unsafe memcmp(first, text.utf8Start, left.count) == 0
    }
  }
}

extension Array where Element == UInt8 {
  /// A copy of borrowed bytes.
  public init(copying bytes: Span<UInt8>) {
    // SAFETY: the buffer holds `bytes.count` elements, all of which are written.
    self = unsafe bytes.withUnsafeBufferPointer { unsafe Array($0) }
  }
}

extension UInt8 {
  /// The value of a hexadecimal digit in ASCII; nil for anything else.
  package var hexadecimal: UInt8? {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): self & 0x0f
    case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"):
      self & 0x0f + 9
    default: nil
    }
  }
}
