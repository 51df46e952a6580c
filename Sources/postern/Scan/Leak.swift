internal import Messages
internal import Tokens

/// A found token, its place, and its state in the daemon; without its secret.
struct Leak {
  let path: ScanPath
  /// Whether it is in the file's name instead of the file.
  let isInName: Bool
  let token: FoundToken
  /// The encoding in which it was found; nil for plain text.
  let encoding: EncodedTokenScanner.Encoding?
  let state: LeakState

  private var kind: String { token.kind == .organization ? "org" : "user" }

  /// A line for people: `path:line:column  user token  ID  active, alice of acme`.
  var line: String {
    let place = isInName ? "name" : "\(token.line):\(token.column)"
    let form = encoding.map { " in \($0.rawValue)" } ?? ""
    return "\(DisplayText(path.text)):\(place)  \(kind) token\(form)  \(token.id)  \(state.line)"
  }

  /// A JSON object.
  var json: String {
    var object = JSONObject()
    object.add("path", JSONObject.quoted(path.text))
    object.add("in_name", "\(isInName)")
    if !isInName {
      object.add("line", "\(token.line)")
      object.add("column", "\(token.column)")
      object.add("offset", "\(token.offsetBytes)")
    }
    object.add("kind", JSONObject.quoted(kind))
    if let encoding { object.add("encoding", JSONObject.quoted(encoding.rawValue)) }
    object.add("token_id", JSONObject.quoted("\(token.id)"))
    object.add("state", JSONObject.quoted(state.name))
    if let owner = state.owner {
      object.add("organization_id", JSONObject.quoted(owner.organization))
      if !owner.user.isEmpty { object.add("user_id", JSONObject.quoted(owner.user)) }
      if !owner.name.isEmpty { object.add("name", JSONObject.quoted(owner.name)) }
    }
    return object.text
  }
}

/// The state of a found token.
enum LeakState {
  /// The owner of a token.
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
  /// Expired, revoked, disabled, or unknown to this daemon.
  case inactive
  /// The daemon was not asked, or gave no answer.
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

  /// Such as `active, alice of acme`.
  var line: String {
    guard let owner else { return name }
    let whose = owner.user.isEmpty ? owner.name : owner.user
    return "\(name), \(DisplayText(whose)) of \(DisplayText(owner.organization))"
  }
}
