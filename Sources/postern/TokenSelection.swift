internal import Messages
internal import PosternClient

/// The tokens that `revoke-all` selects.
struct TokenSelection {
  private let organization: String?
  private let user: String?
  private let issuedBefore: TimeText?
  private let kind: PosternV1.TokenKind

  init(_ invocation: Invocation) throws(Failure) {
    organization = invocation.optional(.organization)
    user = invocation.optional(.user)
    issuedBefore = try invocation.time(.issuedBefore)
    kind = try TokenText.kind(invocation)
    guard organization != nil || issuedBefore != nil else {
      throw .misuse("say which tokens: give `--org`, `--issued-before` or both")
    }
    guard user == nil || organization != nil else {
      throw .misuse("`--user` needs `--org`: the id of a user says nothing without it")
    }
  }

  /// Such as `of user bob in acme, issued before ...`.
  var description: String {
    let whose =
      switch (user, organization) {
      case (let user?, let organization?): "of user `\(user)` in `\(organization)`"
      case (nil, let organization?): "of `\(organization)`"
      default: "of every organization"
      }
    let time = issuedBefore.map { ", issued before \($0.description)" } ?? ""
    return whose + time
  }

  /// Such as `3 org tokens`.
  func tokens(_ count: UInt64) -> String {
    let noun = kind == .unspecified ? "token" : kind == .org ? "org token" : "user token"
    return CountText.of(count, noun)
  }

  func write(into request: PosternV1.RevokeTokensRequest.Builder) {
    if let organization { request.setOrganizationID(organization) }
    if let user { request.setUserID(user) }
    if let issuedBefore { issuedBefore.write(into: request.makeIssuedBefore()) }
    if kind != .unspecified { request.setKind(kind) }
  }

  /// The number of selected tokens now; nil over all organizations, where they can't be counted.
  func count(_ invocation: Invocation) throws(Failure) -> Int? {
    guard let organization else { return nil }
    let client = try invocation.connect()
    let progress = ProgressBar("found", noun: "tokens", invocation.context)
    defer { progress.clear() }
    var count = 0
    try invocation.forEachPage(PosternClient.listTokens, over: client, pageSize: 1000) { request in
      request.setOrganizationID(organization)
      if let user { request.setUserID(user) }
      if kind != .unspecified { request.setKind(kind) }
    } _: { page in
      for index in 0..<page.tokensCount where selects(page.tokens(at: index)) { count += 1 }
      progress.show(count, part: nil)
      return true
    }
    return count
  }

  /// Whether a listed token is selected: not revoked, and issued before the given time.
  private func selects(_ token: PosternV1.Token) -> Bool {
    guard token.state != .revoked else { return false }
    guard let issuedBefore, let issued = token.issuedAt else { return true }
    return (issued.seconds, issued.nanos) < (issuedBefore.seconds, issuedBefore.nanoseconds)
  }
}
