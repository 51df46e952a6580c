/// How long free text may be, in bytes.
package enum FreeTextBounds: Sendable, Hashable, CaseIterable {
  /// The name of an organization, user, team or resource that is shown: may be empty.
  case displayName
  /// What something is for: may be empty.
  case description
  /// The name of an org token: must not be empty.
  case tokenName

  /// The least number of bytes: zero or one.
  package var minimumBytes: Int { self == .tokenName ? 1 : 0 }

  /// The greatest number of bytes.
  package var maximumBytes: Int {
    switch self {
    case .displayName: 256
    case .description: 1024
    case .tokenName: 128
    }
  }
}
