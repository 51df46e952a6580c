internal import Messages

/// Prints tokens for people.
enum TokenText {
  /// One line of the list of all tokens.
  static func row(_ token: PosternV1.Token, nowSeconds: Int64) -> [String] {
    [
      DisplayText(token.id).description,
      token.kind == .org ? "org" : "user",
      DisplayText(token.kind == .org ? token.name : token.userID).description,
      state(token.state),
      HumanTime.short(token.issuedAt, nowSeconds: nowSeconds),
      expiry(token, nowSeconds: nowSeconds),
      lastUse(token, nowSeconds: nowSeconds),
      DisplayText(token.description).description,
    ]
  }

  /// When it expires, for tables.
  static func expiry(_ token: PosternV1.Token, nowSeconds: Int64) -> String {
    token.expiresAt == nil ? "never" : HumanTime.short(token.expiresAt, nowSeconds: nowSeconds)
  }

  /// All fields of one token; empty for nil.
  static func block(_ token: PosternV1.Token?, nowSeconds: Int64) -> String {
    guard let token else { return "" }
    var table = TextTable()
    table.add("id", DisplayText(token.id).description)
    table.add("kind", token.kind == .org ? "org token" : "user API token")
    table.add("state", state(token.state))
    table.add("organization", DisplayText(token.organizationID).description)
    table.add("user", DisplayText(token.userID).description)
    table.add("name", DisplayText(token.name).description)
    table.add("scopes", scopes(token))
    table.add("description", DisplayText(token.description).description)
    table.add("issued", HumanTime.long(token.issuedAt, nowSeconds: nowSeconds))
    if let issuer = token.issuedBy { table.add("issued by", attribution(issuer)) }
    let expiry = HumanTime.long(token.expiresAt, nowSeconds: nowSeconds)
    table.add("expires", expiry.isEmpty ? "never" : expiry)
    table.add("revoked", HumanTime.long(token.revokedAt, nowSeconds: nowSeconds))
    table.add("used", uses(token.useCount, token.lastUsedAt, nowSeconds: nowSeconds))
    table.add(
      "old secret until", HumanTime.long(token.previousSecretExpiresAt, nowSeconds: nowSeconds))
    let isRotated = token.previousSecretExpiresAt != nil || token.previousSecretUseCount > 0
    if isRotated {
      table.add(
        "old secret used",
        uses(
          token.previousSecretUseCount, token.previousSecretLastUsedAt, nowSeconds: nowSeconds))
    }
    return table.text
  }

  /// The kind that `--token-kind` names; unspecified without the option.
  static func kind(_ invocation: Invocation) throws(Failure) -> PosternV1.TokenKind {
    switch invocation.optional(.tokenKind) {
    case nil: return .unspecified
    case "user": return .user
    case "org": return .org
    case let word?: throw .misuse("`\(word)` is no kind of token: there are `user` and `org`")
    }
  }

  /// When it was last used, for a line of a list.
  static func lastUse(_ token: PosternV1.Token, nowSeconds: Int64) -> String {
    token.lastUsedAt == nil ? "never" : HumanTime.short(token.lastUsedAt, nowSeconds: nowSeconds)
  }

  private static func uses(
    _ count: UInt64, _ last: GoogleProtobuf.Timestamp?, nowSeconds: Int64
  ) -> String {
    guard count > 0 else { return "never" }
    return (count == 1 ? "once" : "\(count) times")
      + ", last " + HumanTime.long(last, nowSeconds: nowSeconds)
  }

  /// The scopes as `ingest, api`.
  static func scopes(_ token: PosternV1.Token) -> String {
    var names: [String] = []
    for index in 0..<token.scopesCount { names.append(scope(token.scopes(at: index))) }
    return names.joined(separator: ", ")
  }

  static func scope(_ scope: PosternV1.TokenScope) -> String {
    name(scope.name, prefix: "TOKEN_SCOPE_", number: scope.rawValue)
  }

  static func state(_ state: PosternV1.TokenState) -> String {
    name(state.name, prefix: "TOKEN_STATE_", number: state.rawValue)
  }

  /// The author of a change, such as `alice (token ..., uid 1000, pid 4711)`.
  static func attribution(_ change: PosternV1.Attribution) -> String {
    let user = DisplayText(change.userID).description
    let token = DisplayText(change.tokenID).description
    let process = "uid \(change.uid), pid \(change.pid)"
    return (user.isEmpty ? "a process" : user)
      + (token.isEmpty ? " (\(process))" : " (token \(token), \(process))")
  }

  private static func name(_ name: String?, prefix: String, number: Int32) -> String {
    name.map { $0.dropFirst(prefix.count).lowercased() } ?? String(number)
  }
}

/// Shows a new token so that a script gets only the secret, and a person all details.
enum IssuedToken {
  static func show(
    _ answer: PosternV1.IssueTokenResponse, _ invocation: Invocation
  ) throws(Failure) {
    guard invocation.output == .text else { return try invocation.print(answer.jsonText) }
    // The daemon's bytes are printed unchanged: an altered token would not be valid.
    guard let secret = try? UTF8Span(validating: answer.secret) else { return }
    try invocation.print(String(copying: secret))
    guard let token = answer.token else { return }
    let expiry = HumanTime.long(token.expiresAt, nowSeconds: invocation.context.nowSeconds)
    invocation.remark(
      "token \(DisplayText(token.id)) expires: \(expiry.isEmpty ? "never" : expiry).")
    invocation.remark("It is shown this once: nothing can show it again.")
  }
}

/// Which tokens a list shows: `--token-kind`, `--state`, `--expiring-within` and `--unused-since`.
struct TokenListFilter {
  private var state = PosternV1.TokenState.unspecified
  private var kind = PosternV1.TokenKind.unspecified
  private var expiringBeforeSeconds: Int64?
  private var unusedSinceSeconds: Int64?

  /// Selects all tokens.
  init() {}

  init(_ invocation: Invocation) throws(Failure) {
    kind = try TokenText.kind(invocation)
    if let word = invocation.optional(.state) {
      switch word {
      case "active": state = .active
      case "expired": state = .expired
      case "revoked": state = .revoked
      case "disabled": state = .disabled
      default:
        throw .misuse(
          "`\(word)` is no state: there are `active`, `expired`, `revoked` and `disabled`")
      }
    }
    if let seconds = try invocation.seconds(.expiringWithin) {
      expiringBeforeSeconds = invocation.context.nowSeconds + seconds
    }
    if let seconds = try invocation.seconds(.unusedSince) {
      unusedSinceSeconds = invocation.context.nowSeconds - seconds
    }
  }

  func write(into request: PosternV1.ListTokensRequest.Builder) {
    request.setState(state)
    if kind != .unspecified { request.setKind(kind) }
    if let expiringBeforeSeconds { request.makeExpiringBefore().setSeconds(expiringBeforeSeconds) }
    if let unusedSinceSeconds { request.makeUnusedSince().setSeconds(unusedSinceSeconds) }
  }
}
