internal import Messages
internal import RPC

/// What the query of a request carries that the server behind the proxy could act on: a credential,
/// or another method. It is read as lenient servers read it: a name ends at `[`, case makes no
/// difference, `_`, `-`, `.` and a space are the same, and `;` separates parameters too.
struct RequestQuery {
  /// Whether a parameter is named as one that carries a credential (`access_token` of RFC 6750,
  /// section 2.3), or a token of Postern's stands anywhere.
  private(set) var hasCredential = false

  private static let credentials = ["access-token", "authorization"]
  /// By which some servers take another method than that of the request.
  private static let methods = ["-method", "-http-method"]
  /// No name that is looked for is shorter than `bearer`, but for the policy's own.
  private static let shortestName = 6

  /// Reads the query of a target, a path with or without one.
  init(of target: Span<UInt8>, tokenHeader: Span<UInt8>) throws(Denial) {
    var index = 0
    while index < target.count, target[index] != UInt8(ascii: "?") { index += 1 }
    var name = ParameterName()
    var token = TokenStart()
    while index + 1 < target.count {
      index += 1
      switch target[index] {
      case UInt8(ascii: "&"), UInt8(ascii: ";"):
        try take(name, tokenHeader: tokenHeader)
        name = ParameterName()
        token = TokenStart()
      case UInt8(ascii: "="):
        name.end()
        token = TokenStart()
      default:
        let (byte, width) = Self.character(of: target, at: index)
        name.append(byte)
        if token.isWhole(with: byte) { hasCredential = true }
        index += width - 1
      }
    }
    try take(name, tokenHeader: tokenHeader)
  }

  private mutating func take(
    _ parameter: ParameterName, tokenHeader: Span<UInt8>
  ) throws(Denial) {
    let name = parameter.bytes
    guard name.count >= Self.shortestName || !tokenHeader.isEmpty && name.count == tokenHeader.count
    else { return }
    if Self.methods.contains(where: { name.mayBeTaken(for: $0) })
      || OverridingHeader.names.contains(where: { name.mayBeTaken(for: $0.text) })
    {
      throw .forbidden("the query names another method or path")
    }
    if Self.credentials.contains(where: { name.mayBeTaken(for: $0) })
      || Credential.isMisplaced(header: name)
      || (!tokenHeader.isEmpty && name.mayBeTaken(for: tokenHeader))
    {
      hasCredential = true
    }
  }

  /// The character at a place, decoded, and how many bytes it takes.
  private static func character(of target: Span<UInt8>, at index: Int) -> (UInt8, Int) {
    let byte = target[index]
    if byte == UInt8(ascii: "+") { return (UInt8(ascii: " "), 1) }
    guard byte == UInt8(ascii: "%"), index + 2 < target.count,
      let high = target[index + 1].hexadecimal, let low = target[index + 2].hexadecimal
    else { return (byte, 1) }
    return (high << 4 | low, 3)
  }
}

/// The beginning of a parameter's name, with `-` for what servers put `_` for. A longer name is
/// none of those that are looked for.
private struct ParameterName {
  private var storage = InlineArray<48, UInt8>(repeating: 0)
  private var count = 0
  private var hasEnded = false

  var bytes: Span<UInt8> {
    @_lifetime(borrow self)
    borrowing get { storage.span.extracting(0..<min(count, storage.count)) }
  }

  mutating func append(_ byte: UInt8) {
    // PHP takes what stands before `[` for the name, and skips spaces before it.
    if byte == UInt8(ascii: "[") || byte == 0 { return end() }
    guard !hasEnded, count > 0 || byte != UInt8(ascii: " ") else { return }
    guard count < storage.count else {
      (count, hasEnded) = (0, true)
      return
    }
    let isSeparator =
      byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: " ")
    storage[count] = isSeparator ? UInt8(ascii: "-") : byte
    count += 1
  }

  mutating func end() { hasEnded = true }
}

/// How much of the beginning of a token of Postern's has come, byte by byte.
private struct TokenStart {
  private var count = 0

  /// Takes the next byte; whether it completes `pst_u_` or `pst_o_`.
  mutating func isWhole(with byte: UInt8) -> Bool {
    let isNext =
      switch count {
      case 0: byte == UInt8(ascii: "p")
      case 1: byte == UInt8(ascii: "s")
      case 2: byte == UInt8(ascii: "t")
      case 4: byte == UInt8(ascii: "u") || byte == UInt8(ascii: "o")
      default: byte == UInt8(ascii: "_")
      }
    count = isNext ? count + 1 : byte == UInt8(ascii: "p") ? 1 : 0
    guard count == 6 else { return false }
    count = 0
    return true
  }
}
