/// Finds what may be a token's text in a field where none belongs: stored there, the secret would
/// be shown in lists, errors and the audit.
///
/// It looks for the prefix `pst_u_` or `pst_o_` and does not check the rest as a token's: with a
/// letter too few it is not a token any more, but still nearly the whole secret.
enum TokenLookalike {
  private static let prefixCount = 6

  /// Whether the bytes hold the prefix and, behind it, at least so many letters and digits.
  static func isIn(_ bytes: Span<UInt8>, minimumDigits: Int) -> Bool {
    var start = 0
    while start &+ prefixCount &+ minimumDigits <= bytes.count {
      if isPrefix(bytes, at: start) {
        let rest = bytes.extracting(droppingFirst: start &+ prefixCount)
        var count = 0
        while count < minimumDigits, isDigit(rest[count]) { count &+= 1 }
        if count == minimumDigits { return true }
      }
      start &+= 1
    }
    return false
  }

  private static func isPrefix(_ bytes: Span<UInt8>, at start: Int) -> Bool {
    bytes[start] == UInt8(ascii: "p") && bytes[start &+ 1] == UInt8(ascii: "s")
      && bytes[start &+ 2] == UInt8(ascii: "t") && bytes[start &+ 3] == UInt8(ascii: "_")
      && (bytes[start &+ 4] == UInt8(ascii: "u") || bytes[start &+ 4] == UInt8(ascii: "o"))
      && bytes[start &+ 5] == UInt8(ascii: "_")
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: false
    }
  }
}
