/// What a token acts as.
package enum TokenKind: UInt8, Sendable, Hashable, CaseIterable {
  /// One user of one organization.
  case user = 1
  /// An organization, within scopes.
  case organization = 2

  /// The letter in the token's text: `pst_u_` or `pst_o_`.
  var letter: UInt8 {
    switch self {
    case .user: UInt8(ascii: "u")
    case .organization: UInt8(ascii: "o")
    }
  }

  /// The name in messages: `user` or `organization`.
  package var name: StaticString {
    switch self {
    case .user: "user"
    case .organization: "organization"
    }
  }
}
