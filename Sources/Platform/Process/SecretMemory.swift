internal import Glibc

/// Erases memory that held secrets.
package enum SecretMemory {
  /// Zeroes `bytes`. The compiler does not remove it, even if they are not read again.
  package static func wipe(_ bytes: inout MutableSpan<UInt8>) {
    // SAFETY: the pointer doesn't leave the closure.
    unsafe bytes.withUnsafeMutableBytes { unsafe wipe($0) }
  }

  /// Zeroes `bytes`. The compiler does not remove it, even if they are not read again.
  @unsafe
  package static func wipe(_ bytes: UnsafeMutableRawBufferPointer) {
    // SAFETY: the call writes at most `count` bytes.
    guard let start = bytes.baseAddress else { return }
    unsafe explicit_bzero(start, bytes.count)
  }
}
