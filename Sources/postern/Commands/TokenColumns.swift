internal import Messages
internal import PosternClient

/// Columns and lines about tokens.
enum TokenColumns {
  /// The owner of a token: a user, or the name of an org token.
  static let whose = Column("WHOSE") { token, style in
    style.text(token[token["kind"] == .word("org") ? "name" : "user_id"])
  }

  /// The last columns of every list of tokens.
  static let states = [
    Column("STATE", "state"), Column("ISSUED", "issued_at"),
    Column("EXPIRES", "expires_at", absent: "never"),
    Column("LAST USED", "last_used_at", absent: "never"), Column("DESCRIPTION", "description"),
  ]

  /// All that is kept about a token.
  static let all = [
    Column("id", "id"),
    Column("kind") { token, _ in
      token["kind"] == .word("org") ? "org token" : "user API token"
    },
    Column("state", "state"), Column("organization", "organization_id"),
    Column("user", "user_id"), Column("name", "name"), Column("scopes", "scopes"),
    Column("description", "description"), Column("issued", "issued_at"),
    .author("issued by", "issued_by"), Column("expires", "expires_at", absent: "never"),
    Column("revoked", "revoked_at"),
    Column("used") { token, style in
      style.uses(token["use_count"], last: token["last_used_at"])
    },
    Column("old secret until", "previous_secret_expires_at"),
    Column("old secret used") { token, style in
      let count = token["previous_secret_use_count"]
      let isRotated = token["previous_secret_expires_at"] != .absent || count != .unsigned(0)
      return isRotated ? style.uses(count, last: token["previous_secret_last_used_at"]) : ""
    },
  ]

  /// What a valid token says about its bearer.
  static let bearer = [
    Column("active", "active"), Column("organization", "organization_id"),
    Column("user", "user_id"), Column("name", "name"), Column("scopes", "scopes"),
    Column("expires", "expires_at", absent: "never"), Column("id", "token_id"),
  ]
}

extension DisplayStyle {
  /// Such as `12 times, last 2026-05-01 12:00:00 UTC (3 hours ago)`.
  fileprivate func uses(_ count: FieldValue, last: FieldValue) -> String {
    if count == .unsigned(0) { return "never" }
    return (count == .unsigned(1) ? "once" : "\(text(count)) times") + ", last \(text(last))"
  }
}

/// Shows a new token so that a script gets only the secret, and a person all details.
enum NewToken {
  /// Issues a token and shows it.
  static let issue = CommandBody.own(changes: true) { (invocation) throws(Failure) in
    let reply = try invocation.call(PosternClient.issueToken, try invocation.boundFields())
    let token = reply.message.fields.message("token")
    guard try print(reply.message.secret, of: reply.message, invocation), let token else {
      return .success
    }
    let expiry = DisplayStyle(invocation).text(token["expires_at"])
    invocation.remark(
      "token \(DisplayStyle(invocation).text(token["id"])) expires:"
        + " \(expiry.isEmpty ? "never" : expiry).")
    invocation.remark("It is shown this once: nothing can show it again.")
    return .success
  }

  /// Prints the secret of an answer, or with `--output json` the whole answer. Returns whether
  /// remarks about it may follow.
  static func print<Answer: MessageView & ~Escapable>(
    _ secret: Span<UInt8>, of answer: Answer, _ invocation: Invocation
  ) throws(Failure) -> Bool {
    guard invocation.output == .text else {
      try invocation.print(answer.jsonText)
      return false
    }
    // The daemon's bytes are printed unchanged: an altered token would not be valid.
    guard let text = try? UTF8Span(validating: secret) else { return false }
    try invocation.print(String(copying: text))
    return true
  }
}
