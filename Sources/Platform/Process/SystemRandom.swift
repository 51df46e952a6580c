internal import CLinux

/// Random bytes fit for secrets, from the kernel (getrandom(2)).
package enum SystemRandom {
  /// Fills `bytes`. Waits only early in the machine's boot, until the kernel has gathered entropy.
  ///
  /// Traps if the kernel can't give random bytes: nothing is secure without them.
  package static func fill(_ bytes: inout MutableSpan<UInt8>) {
    // SAFETY: the kernel writes at most the remaining count, after the filled part.
    unsafe bytes.withUnsafeMutableBytes { buffer in
      var filled = 0
      while filled < buffer.count {
        let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
        guard
          let count = try? SystemCall.value({
            unsafe clinux_getrandom(rest.baseAddress, rest.count)
          })
        else {
          preconditionFailure("the kernel gives no random bytes")
        }
        filled += count
      }
    }
  }
  /// 64 random bits.
  package static func number() -> UInt64 {
    var bytes = InlineArray<8, UInt8>(repeating: 0)
    var span = bytes.mutableSpan
    fill(&span)
    return (0..<8).reduce(0) { $0 << 8 | UInt64(bytes[$1]) }
  }
}
