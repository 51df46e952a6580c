/// Whether a token is valid, and if not, why.
package enum TokenState: UInt8, Sendable, Hashable, CaseIterable {
  case active = 1
  case expired = 2
  case revoked = 3
  case disabled = 4

  /// The state of a token at a time.
  ///
  /// States that can't be undone take precedence: revoked, then expired, then disabled. A token is
  /// expired from `expiryNanoseconds` on; nil means never. Times are nanoseconds since 1970.
  package init(
    isRevoked: Bool, isDisabled: Bool, expiryNanoseconds: Int64?, nowNanoseconds: Int64
  ) {
    if isRevoked {
      self = .revoked
    } else if let expiryNanoseconds, nowNanoseconds >= expiryNanoseconds {
      self = .expired
    } else {
      self = isDisabled ? .disabled : .active
    }
  }

  /// The name in messages.
  package var name: StaticString {
    switch self {
    case .active: "active"
    case .expired: "expired"
    case .revoked: "revoked"
    case .disabled: "disabled"
    }
  }
}

/// The kind of subject that a token stands for.
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
