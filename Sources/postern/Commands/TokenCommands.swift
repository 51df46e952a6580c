internal import Messages
internal import PosternClient

/// `postern token ...`.
enum TokenCommands {
  static let all = [issue, validate, revoke, RevokeAllCommand.revokeAll, get, list]

  private static let issue = Command(
    words: ["token", "issue"], summary: "Issues a user API token and prints it, this once.",
    required: [.organization, .user], optional: [.timeToLive, .description],
    details: [
      "The token alone goes to standard output, the rest to standard error. It acts as the user",
      "for 30 days at most, which is also the default. Users may issue tokens for themselves",
      "(by POSTERN_TOKEN), an operator or an issuer process for anyone.",
    ],
    examples: ["TOKEN=$(postern token issue --org acme --user alice --ttl 7d)"], run: runIssue)

  private static let validate = Command(
    words: ["token", "validate"], summary: "Says whether a token is good, and for whom.",
    operands: [
      Operand(name: "-", summary: "The token is on standard input.", isOptional: true)
    ],
    examples: ["postern token validate - <<< \"$TOKEN\""], answersYesOrNo: true, run: runValidate)

  private static let revoke = Command(
    words: ["token", "revoke"], summary: "Revokes a token, for ever.",
    operands: [
      Operand(name: "ID|-", summary: "The token's id, or `-`: the token is on standard input.")
    ],
    details: ["The holder of a token may revoke it. Revoking an unknown token succeeds."],
    examples: ["postern token revoke - <<< \"$TOKEN\""], run: runRevoke)

  private static let get = Command(
    words: ["token", "get"], summary: "Shows what is kept about a token.",
    operands: [
      Operand(name: "ID", summary: "The token's id, which is not secret and a part of its text.")
    ],
    examples: ["postern token get 03535P64scRoTpbyDprbDv"], run: runGet)

  private static let list = Command(
    words: ["token", "list"], summary: "Lists the tokens of an organization or of one user.",
    required: [.organization],
    optional: [.user, .tokenKind, .state, .expiringWithin, .unusedSince],
    examples: [
      "postern token list --org acme --state active --expiring-within 3d",
      "postern token list --org acme --state active --unused-since 30d",
    ], run: runList)

  private static func runIssue(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let lifetime = try invocation.seconds(.timeToLive)
    let reply = try invocation.ask { (client) throws(ClientError) in
      try client.issueToken { request in
        request.setOrganizationID(invocation.value(.organization))
        request.setUserID(invocation.value(.user))
        if let lifetime { request.makeLifetime().setSeconds(lifetime) }
        if let text = invocation.optional(.description) { request.setDescription(text) }
      }
    }
    try IssuedToken.show(reply.message, invocation)
    return .success
  }

  private static func runValidate(_ invocation: Invocation) throws(Failure) -> ExitCode {
    if let word = invocation.operands.first, word != "-" {
      throw .misuse("a token is passed on standard input: write `-`")
    }
    let secret = try invocation.secret()
    let reply = try invocation.ask { (client) throws(ClientError) in
      try client.validateToken { $0.setSecret(secret.bytes) }
    }
    let now = invocation.context.nowSeconds
    try invocation.answer(reply.message) { describe($0, nowSeconds: now) }
    return reply.message.active ? .success : .denied
  }

  private static func describe(
    _ answer: PosternV1.ValidateTokenResponse, nowSeconds: Int64
  ) -> String {
    guard answer.active else { return "not active" }
    var table = TextTable()
    table.add("active", "yes")
    table.add("organization", DisplayText(answer.organizationID).description)
    table.add("user", DisplayText(answer.userID).description)
    table.add("name", DisplayText(answer.name).description)
    var scopes: [String] = []
    for index in 0..<answer.scopesCount { scopes.append(TokenText.scope(answer.scopes(at: index))) }
    table.add("scopes", scopes.joined(separator: ", "))
    let expiry = HumanTime.long(answer.expiresAt, nowSeconds: nowSeconds)
    table.add("expires", expiry.isEmpty ? "never" : expiry)
    table.add("id", DisplayText(answer.tokenID).description)
    return table.text
  }

  private static func runRevoke(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let id = invocation.operand(0)
    let secret = id == "-" ? try invocation.secret() : nil
    return try invocation.change(
      PosternClient.revokeToken, done: "the token is not good any more"
    ) { request in
      if let secret { request.setSecret(secret.bytes) } else { request.setTokenID(id) }
    }
  }

  private static func runGet(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let now = invocation.context.nowSeconds
    return try invocation.show(PosternClient.getToken) { request in
      request.setTokenID(invocation.operand(0))
    } as: { answer in
      TokenText.block(answer.token, nowSeconds: now)
    }
  }

  private static func runList(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let filter = try TokenListFilter(invocation)
    let now = invocation.context.nowSeconds
    return try invocation.list(
      PosternClient.listTokens,
      columns: ["ID", "KIND", "WHOSE", "STATE", "ISSUED", "EXPIRES", "LAST USED", "DESCRIPTION"],
      nothing: "no tokens"
    ) { request in
      request.setOrganizationID(invocation.value(.organization))
      if let user = invocation.optional(.user) { request.setUserID(user) }
      filter.write(into: request)
    } rows: { page, table in
      for index in 0..<page.tokensCount {
        table.add(TokenText.row(page.tokens(at: index), nowSeconds: now))
      }
    }
  }
}
