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

extension SHA256 {
  /// The 32 bytes of a digest.
  ///
  /// Neither `Hashable` nor printable: a digest of a secret is only ever compared, and every
  /// comparison takes the same time wherever the bytes differ.
  package struct Digest: Sendable, Equatable {
    package static var byteCount: Int { 32 }

    package internal(set) var bytes: InlineArray<32, UInt8>

    /// All zeros: the hash before the first entry of a chain.
    package init() {
      bytes = InlineArray(repeating: 0)
    }

    /// A digest that was stored, or nil unless there are exactly 32 bytes.
    package init?(copying stored: Span<UInt8>) {
      guard stored.count == Self.byteCount else { return nil }
      bytes = InlineArray { index in stored[index] }
    }

    package var span: Span<UInt8> {
      @_lifetime(borrow self) get { bytes.span }
    }

    /// Compares in constant time.
    package static func == (left: Digest, right: Digest) -> Bool {
      left.isEqual(to: right.span)
    }

    /// Whether `other` holds the same 32 bytes; constant time for a given length.
    ///
    /// Never inlined, so that the compiler can't use what a caller knows of the bytes.
    @inline(never)
    package func isEqual(to other: Span<UInt8>) -> Bool {
      guard other.count == Self.byteCount else { return false }
      var differences: UInt64 = 0
      for offset in stride(from: 0, to: Self.byteCount, by: 8) {
        differences |= span.integer(at: offset) ^ other.integer(UInt64.self, at: offset)
      }
      return differences == 0
    }
  }
}
