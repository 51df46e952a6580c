internal import Glibc

/// Zeroes memory that may hold a secret, also where nobody reads it again: the one way in which the
/// buffers of this module forget.
@unsafe
@inline(__always)
func wipe(_ start: UnsafeMutableRawPointer, count: Int) {
  // SAFETY: the caller owns so many bytes from there on.
  if count > 0 { unsafe explicit_bzero(start, count) }
}
