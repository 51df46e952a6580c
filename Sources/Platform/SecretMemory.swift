internal import Glibc

/// Memory that secrets passed through.
package enum SecretMemory {
  /// Zeroes it, also where nobody reads it again.
  package static func wipe(_ bytes: inout MutableSpan<UInt8>) {
    // SAFETY: the call writes at most `count` bytes, and the pointer doesn't leave the closure.
    unsafe bytes.withUnsafeMutableBytes { buffer in
      guard let start = buffer.baseAddress else { return }
      unsafe explicit_bzero(start, buffer.count)
    }
  }
}
