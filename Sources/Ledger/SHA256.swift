internal import CCrypto

/// The hash function of FIPS 180-4, computed by libcrypto.
package enum SHA256 {
  /// The digest of `bytes`. Allocates nothing.
  package static func hash(_ bytes: Span<UInt8>) -> Digest {
    var digest = Digest()
    hash(bytes, into: &digest)
    return digest
  }

  /// Replaces `digest` with the digest of `bytes`. Allocates nothing.
  package static func hash(_ bytes: Span<UInt8>, into digest: inout Digest) {
    var output = digest.bytes.mutableSpan
    // SAFETY: both pointers are used only inside their closures; the output holds 32 bytes by type.
    let succeeded = unsafe bytes.withUnsafeBufferPointer { input in
      unsafe output.withUnsafeMutableBufferPointer { output in
        unsafe ccrypto_sha256(input.baseAddress, input.count, output.baseAddress)
      }
    }
    // A digest that was not computed must never be compared with a stored one.
    precondition(succeeded == 1, "libcrypto failed to compute a SHA-256")
  }
}
