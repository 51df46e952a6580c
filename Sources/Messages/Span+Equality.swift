internal import Glibc

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

  /// Whether the span holds the UTF-8 bytes of `text`.
  public func isEqual(to text: StaticString) -> Bool {
    guard count == text.utf8CodeUnitCount else { return false }
    return unsafe withUnsafeBytes { left in
      guard let first = left.baseAddress else { return true }
      return unsafe memcmp(first, text.utf8Start, left.count) == 0
    }
  }
}
