internal import Messages
internal import PosternClient

/// The tokens that `revoke-all` selects.
struct TokenSelection {
  /// What a call that revokes or lists them asks for.
  let fields: FieldValues

  init(_ invocation: Invocation) throws(Failure) {
    fields = try invocation.boundFields()
    guard fields["organization_id"] != nil || fields["issued_before"] != nil else {
      throw .misuse("say which tokens: give `--org`, `--issued-before` or both")
    }
    guard fields["user_id"] == nil || fields["organization_id"] != nil else {
      throw .misuse("`--user` needs `--org`: the id of a user says nothing without it")
    }
  }

  /// Such as `of user bob in acme, issued before ...`.
  var description: String {
    var words = "of every organization"
    if fields["organization_id"] != nil { words = fields.filling("of `{organization_id}`") }
    if fields["user_id"] != nil {
      words = fields.filling("of user `{user_id}` in `{organization_id}`")
    }
    if case .time(let seconds, _) = fields["issued_before"] {
      words += ", issued before \(HumanTime.exact(seconds))"
    }
    return words
  }

  /// Such as `3 org tokens`.
  func tokens(_ count: UInt64) -> String {
    var noun = "token"
    if case .word(let kind) = fields["kind"] { noun = "\(kind) token" }
    return CountText.of(count, noun)
  }

  /// The number of selected tokens now; nil over all organizations, where they can't be counted.
  func count(_ invocation: Invocation) throws(Failure) -> Int? {
    guard fields["organization_id"] != nil else { return nil }
    var listed = fields
    listed["issued_before"] = nil
    listed["wait"] = nil
    let client = try invocation.connect()
    let progress = ProgressBar("found", noun: "tokens", invocation.context)
    defer { progress.clear() }
    var count = 0
    try invocation.forEachPage(PosternClient.listTokens, over: client, pageSize: 1000, listed) {
      page in
      for index in 0..<page.tokensCount where selects(page.tokens(at: index)) { count += 1 }
      progress.show(count, part: nil)
      return true
    }
    return count
  }

  /// Whether a listed token is selected: not revoked, and issued before the given time.
  private func selects(_ token: PosternV1.Token) -> Bool {
    guard token.state != .revoked else { return false }
    guard case .time(let seconds, let nanoseconds) = fields["issued_before"],
      let issued = token.issuedAt
    else { return true }
    return (issued.seconds, issued.nanos) < (seconds, nanoseconds)
  }
}
