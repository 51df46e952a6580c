internal import CCrypto
internal import Messages
internal import Platform

/// What page tokens, and receipts of kept answers, are checked by: 32 random bytes that a ledger
/// keeps beside its log, so that both are good over a restart and an upgrade. A restored copy has
/// another.
///
/// It protects a list from a token that isn't one of its own: a mistake, a changed byte; and the
/// counts of uses from processes that never presented the token. The key gives access to nothing
/// that its callers couldn't read anyway.
package struct PageKey: Sendable {
  static let byteCount = 32
  private let bytes: [UInt8]

  /// A key that was stored; nil unless it has the size of one.
  package init?(stored: Span<UInt8>) {
    guard stored.count == Self.byteCount else { return nil }
    bytes = Array(copying: stored)
  }

  /// A fresh key.
  package init() {
    var bytes = [UInt8](repeating: 0, count: Self.byteCount)
    var room = bytes.mutableSpan
    SystemRandom.fill(&room)
    self.bytes = bytes
  }

  var span: Span<UInt8> {
    @_lifetime(borrow self) get { bytes.span }
  }

  /// The HMAC-SHA-256 (RFC 2104) of `message`. Allocates nothing.
  package func code(of message: Span<UInt8>) -> SHA256.Digest {
    var digest = SHA256.Digest()
    var output = digest.bytes.mutableSpan
    // SAFETY: the pointers are used only inside their closures; the output holds 32 bytes by type.
    let succeeded = unsafe bytes.withUnsafeBufferPointer { key in
      unsafe message.withUnsafeBufferPointer { message in
        unsafe output.withUnsafeMutableBufferPointer { output in
          unsafe ccrypto_hmac_sha256(
            key.baseAddress, key.count, message.baseAddress, message.count, output.baseAddress)
        }
      }
    }
    precondition(succeeded == 1, "libcrypto failed to compute an HMAC")
    return digest
  }
}
