internal import Messages

/// Shows a new token so that a script gets the secret alone and a person all there is to know.
enum IssuedToken {
  static func show(
    _ answer: PosternV1.IssueTokenResponse, _ invocation: Invocation
  ) throws(Failure) {
    guard invocation.output == .text else { return try invocation.print(answer.jsonText) }
    // What the daemon sends goes out as it is: a token that was changed on the way is no token.
    guard let secret = try? UTF8Span(validating: answer.secret) else { return }
    try invocation.print(String(copying: secret))
    guard let token = answer.token else { return }
    let expiry = HumanTime.long(token.expiresAt, nowSeconds: invocation.surroundings.nowSeconds)
    invocation.remark(
      "token \(DisplayText(token.id)) expires: \(expiry.isEmpty ? "never" : expiry).")
    invocation.remark("It is shown this once: nothing can show it again.")
  }
}
