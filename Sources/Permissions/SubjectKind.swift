/// What kind of subject asks, which bounds the relations it can ever hold.
package enum SubjectKind: UInt8, Sendable, Hashable, CaseIterable {
  /// A user, by one of its tokens.
  case user
  /// An org token: never an administrator, a writer, or oneself.
  case orgToken
  /// The calling process, by its role.
  case peer

  /// The relations that a subject of the kind can hold at all.
  package var possible: Relations {
    switch self {
    case .user: .users
    case .orgToken: .orgTokens
    case .peer: .peers
    }
  }

  /// The name in files with cases to test a policy by.
  package var name: String {
    switch self {
    case .user: "user"
    case .orgToken: "org_token"
    case .peer: "process"
    }
  }
}
