internal import Glibc

/// Memory that secrets passed through.
package enum SecretMemory {
  /// Zeroes it, also where nobody reads it again.
  package static func wipe(_ bytes: inout MutableSpan<UInt8>) {
    // SAFETY: the pointer doesn't leave the closure.
    unsafe bytes.withUnsafeMutableBytes { unsafe wipe($0) }
  }

  /// Zeroes it, also where nobody reads it again.
  @unsafe
  package static func wipe(_ bytes: UnsafeMutableRawBufferPointer) {
    // SAFETY: the call writes at most `count` bytes.
    guard let start = bytes.baseAddress else { return }
    unsafe explicit_bzero(start, bytes.count)
  }
}
