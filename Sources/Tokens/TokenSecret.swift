internal import Synchronization

/// The parts of a token's text: kind, id, and the 20 secret bytes.
///
/// The text is `pst_u_` or `pst_o_`, the id in 22 base62 characters, the secret in 27, and a CRC-32
/// of all that in 6: 61 bytes. A mistyped or invented token fails the checksum, without a lookup in
/// storage; a scanner finds a leaked token by its form. Each token has exactly one text: any other
/// spelling is refused.
///
/// It can't be copied and has neither a description nor `==`, so it can't get into a log and is
/// only compared in constant time. The owner of the buffer with the text wipes that buffer.
///
/// Hazard: a deinit can't zero a struct. Swift first moves the value into a local, and zeroes only
/// that (seen in the compiler's output). So `withParsed` and `withNew` lend a secret at one address
/// to a closure, and wipe it when the closure ends. The owner of a secret that is kept must call
/// `wipe` where it is kept; a move does not zero the old place.
package struct TokenSecret: ~Copyable, Sendable {
  package let kind: TokenKind
  package let id: TokenID
  // The secret as a number, 32 bits and twice 64. The words are atomic not for sharing, but so that
  // the value has an address that a borrow doesn't change, and so that a borrowed secret can be
  // wiped.
  private let first: Atomic<UInt64>
  private let second: Atomic<UInt64>
  private let third: Atomic<UInt64>

  /// The number of secret bytes.
  package static let secretByteCount = 20
  /// The number of bytes of the text.
  package static let textCount = 61

  /// Makes the secret of a new token from 20 random bytes.
  package init(kind: TokenKind, id: TokenID, random: Span<UInt8>) {
    precondition(random.count == Self.secretByteCount, "a secret is 20 bytes")
    var words: (UInt64, UInt64, UInt64) = (0, 0, 0)
    for index in 0..<4 { words.0 = words.0 << 8 | UInt64(random[index]) }
    for index in 4..<12 { words.1 = words.1 << 8 | UInt64(random[index]) }
    for index in 12..<20 { words.2 = words.2 << 8 | UInt64(random[index]) }
    self.init(kind: kind, id: id, words: words)
  }

  @inline(__always)
  init(kind: TokenKind, id: TokenID, words: (UInt64, UInt64, UInt64)) {
    self.kind = kind
    self.id = id
    first = Atomic(words.0)
    second = Atomic(words.1)
    third = Atomic(words.2)
  }

  /// Lends the secret of a new token, made from 20 random bytes, and wipes it afterwards.
  package static func withNew<Result: ~Copyable, Failure: Error>(
    kind: TokenKind, id: TokenID, random: Span<UInt8>,
    _ body: (borrowing TokenSecret) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let secret = TokenSecret(kind: kind, id: id, random: random)
    defer { secret.wipe() }
    return try body(secret)
  }

  /// Zeroes the secret bytes in place; later reads return zeros.
  package borrowing func wipe() {
    first.store(0, ordering: .relaxed)
    second.store(0, ordering: .relaxed)
    third.store(0, ordering: .relaxed)
    observe(self)
  }

  /// The secret as a number of 160 bits, most significant word first.
  @inline(__always)
  var words: (UInt64, UInt64, UInt64) {
    (
      first.load(ordering: .relaxed), second.load(ordering: .relaxed),
      third.load(ordering: .relaxed)
    )
  }

  /// Lends the 20 secret bytes, for the hash that is stored or compared, and wipes them afterwards.
  package borrowing func withBytes<Result: ~Copyable, Failure: Error>(
    _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let words = self.words
    var bytes = InlineArray<20, UInt8>(repeating: 0)
    defer { erase(&bytes) }
    for index in 0..<4 {
      bytes[index] = UInt8(truncatingIfNeeded: words.0 &>> UInt64(24 &- 8 &* index))
    }
    for index in 0..<8 {
      let shift = UInt64(56 &- 8 &* index)
      bytes[index &+ 4] = UInt8(truncatingIfNeeded: words.1 &>> shift)
      bytes[index &+ 12] = UInt8(truncatingIfNeeded: words.2 &>> shift)
    }
    return try body(bytes.span)
  }
}
