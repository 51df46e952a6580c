internal import Messages

/// What is known of a token that was found.
enum LeakState {
  /// Whose it is.
  struct Owner {
    let organization: String
    /// Empty for an org token.
    let user: String
    /// Empty for a user token.
    let name: String

    init(_ answer: PosternV1.ValidateTokenResponse) {
      organization = String(decoding: [UInt8](copying: answer.organizationID), as: UTF8.self)
      user = String(decoding: [UInt8](copying: answer.userID), as: UTF8.self)
      name = String(decoding: [UInt8](copying: answer.name), as: UTF8.self)
    }
  }

  case active(Owner)
  /// It was active, until this scan revoked it.
  case revoked(Owner)
  /// Expired, revoked, disabled, or not of this daemon.
  case inactive
  /// Nobody was asked, or nobody answered.
  case unknown

  var name: String {
    switch self {
    case .active: "active"
    case .revoked: "revoked"
    case .inactive: "inactive"
    case .unknown: "unknown"
    }
  }

  var owner: Owner? {
    switch self {
    case .active(let owner), .revoked(let owner): owner
    case .inactive, .unknown: nil
    }
  }

  /// As `active, alice of acme`.
  var line: String {
    guard let owner else { return name }
    let whose = owner.user.isEmpty ? owner.name : owner.user
    return "\(name), \(DisplayText(whose)) of \(DisplayText(owner.organization))"
  }
}
