internal import CChecksum

/// The checksum CRC-32C (RFC 3720, appendix B.4). It detects corruption by a disk or memory, not
/// forgery.
package enum CRC32C {
  /// The checksum of `bytes` appended to the bytes that `crc` covers. Allocates nothing.
  package static func checksum(
    _ bytes: Span<UInt8>, after crc: UInt32 = 0
  ) -> UInt32 {
    // SAFETY: the call reads `count` bytes inside the closure.
    unsafe bytes.withUnsafeBufferPointer { bytes in
      unsafe cchecksum_crc32c(crc, bytes.baseAddress, bytes.count)
    }
  }

  /// The same checksum, without the processor's CRC instruction.
  package static func checksumByTable(_ bytes: Span<UInt8>, after crc: UInt32 = 0) -> UInt32 {
    // SAFETY: as above.
    unsafe bytes.withUnsafeBufferPointer { bytes in
      unsafe cchecksum_crc32c_table(crc, bytes.baseAddress, bytes.count)
    }
  }
}
