internal import Ledger
internal import RPC
internal import Tokens

/// What uses of a kept answer are reported with: that the daemon gave the answer, when, about which
/// token, by which method, and whether it denied. Nothing of it is stored: a code by the ledger's
/// key tells that it was made here, for a process of the same local user. So only who presented the
/// token can add to the token's counts, or take them away from another user's.
///
/// As bytes: the time (8, little-endian), the token's id (16), the kind (1), and the code (16).
struct UseReceipt {
  /// What was answered. The values are those on the wire.
  enum Kind: UInt8 {
    case active = 1
    case allowed = 2
    case denied = 3

    /// The method that the uses count to.
    var method: Method {
      switch self {
      case .active: .tokenServiceValidateToken
      case .allowed, .denied: .permissionServiceCheck
      }
    }
  }

  let tokenID: TokenID
  let kind: Kind
  /// When the answer was given, in nanoseconds since 1970.
  let givenNanoseconds: Int64

  static let byteCount = contentCount + codeCount
  private static let contentCount = 25
  private static let codeCount = 16
  /// Before what the code is over. Page tokens begin with a number that is less.
  private static let prefix = Array("kept-use".utf8)

  init(of tokenID: TokenID, _ kind: Kind, givenNanoseconds: Int64) {
    self.tokenID = tokenID
    self.kind = kind
    self.givenNanoseconds = givenNanoseconds
  }

  /// Reads what `bytes` made for a local user; nil for anything else.
  init?(_ bytes: Span<UInt8>, of userID: UInt32, _ key: PageKey) {
    guard bytes.count == Self.byteCount, let kind = Kind(rawValue: bytes[24]),
      let id = TokenID(bytes: bytes.extracting(8..<24))
    else { return nil }
    self.init(of: id, kind, givenNanoseconds: bytes.integer(at: 0))
    let whole = self.bytes(for: userID, key)
    guard constantTimeEqual(whole.span, bytes) else { return nil }
  }

  /// The receipt, for processes of a local user.
  func bytes(for userID: UInt32, _ key: PageKey) -> InlineArray<41, UInt8> {
    let (time, id) = (UInt64(bitPattern: givenNanoseconds), tokenID.bytes)
    var bytes = InlineArray<41, UInt8> { index in
      switch index {
      case ..<8: UInt8(truncatingIfNeeded: time >> (8 * UInt64(index)))
      case ..<24: id[index - 8]
      default: 0
      }
    }
    bytes[24] = kind.rawValue
    let message = InlineArray<37, UInt8> { index in
      switch index {
      case ..<8: Self.prefix[index]
      case ..<12: UInt8(truncatingIfNeeded: userID >> (8 * UInt32(index - 8)))
      default: bytes[index - 12]
      }
    }
    let code = key.code(of: message.span)
    for index in 0..<Self.codeCount { bytes[Self.contentCount + index] = code.span[index] }
    return bytes
  }
}
