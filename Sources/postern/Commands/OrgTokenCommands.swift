internal import Messages
internal import PosternClient

/// `postern org-token ...`.
enum OrgTokenCommands {
  static let all = [create, list, show, update, rotate, delete]

  static let nameOrID = Operand(name: "NAME|ID", summary: "Its name, or its id.")

  private static let create = Command(
    words: ["org-token", "create"], summary: "Issues an org token and prints it, this once.",
    operands: [Operand(name: "NAME", summary: "Its name, unique in the organization.")],
    required: [.organization, .scope], optional: [.timeToLive, .description],
    details: [
      "The token alone goes to standard output, the rest to standard error. Without --ttl it",
      "never expires.",
    ],
    examples: ["TOKEN=$(postern org-token create agents --org acme --scope ingest)"],
    run: runCreate)

  private static let list = Command(
    words: ["org-token", "list"], summary: "Lists the org tokens of an organization.",
    required: [.organization], optional: [.state, .expiringWithin, .unusedSince],
    examples: ["postern org-token list --org acme --state active --expiring-within 14d"],
    run: runList)

  private static let delete = Command(
    words: ["org-token", "delete"], summary: "Revokes an org token, for ever.",
    operands: [nameOrID],
    required: [.organization], examples: ["postern org-token delete agents --org acme"],
    run: runDelete)

  private static func runCreate(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let lifetime = try invocation.seconds(.timeToLive)
    let scopes = try scopes(invocation.all(.scope))
    let reply = try invocation.ask { (client) throws(ClientError) in
      try client.issueToken { request in
        request.setOrganizationID(invocation.value(.organization))
        request.setName(invocation.operand(0))
        for scope in scopes { request.addScopes(scope) }
        if let lifetime { request.makeLifetime().setSeconds(lifetime) }
        if let text = invocation.optional(.description) { request.setDescription(text) }
      }
    }
    try IssuedToken.show(reply.message, invocation)
    return .success
  }

  static func scopes(_ values: [String]) throws(Failure) -> [PosternV1.TokenScope] {
    var scopes: [PosternV1.TokenScope] = []
    for word in values.flatMap({ $0.split(separator: ",", omittingEmptySubsequences: false) }) {
      let scope: PosternV1.TokenScope
      switch word {
      case "ingest": scope = .ingest
      case "api": scope = .api
      case "rum": scope = .rum
      default: throw .misuse("`\(word)` is no scope: there are `ingest`, `api` and `rum`")
      }
      if !scopes.contains(scope) { scopes.append(scope) }
    }
    return scopes
  }

  private static func runList(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let filter = try TokenListFilter(invocation)
    let client = try invocation.connect()
    let now = invocation.surroundings.nowSeconds
    var table = TextTable([
      "ID", "NAME", "SCOPES", "STATE", "ISSUED", "EXPIRES", "LAST USED", "DESCRIPTION",
    ])
    try Pages.read(invocation, table: &table, nothing: "no org tokens") {
      (page, table) throws(Failure) -> String in
      let reply = try listPage(page, filter, client, invocation)
      if invocation.output == .json { try invocation.print(reply.message.jsonText) }
      for index in 0..<reply.message.tokensCount {
        let token = reply.message.tokens(at: index)
        table.add([
          DisplayText(token.id).description, DisplayText(token.name).description,
          TokenText.scopes(token), TokenText.state(token.state),
          HumanTime.short(token.issuedAt, nowSeconds: now),
          TokenText.expiry(token, nowSeconds: now),
          TokenText.lastUse(token, nowSeconds: now),
          DisplayText(token.description).description,
        ])
      }
      return DisplayText(reply.message.nextPageToken).description
    }
    return .success
  }

  private static func runDelete(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let client = try invocation.connect()
    let id = try find(invocation.operand(0), client, invocation)
    let reply = try invocation.ask(over: client) { (client) throws(ClientError) in
      try client.revokeToken { $0.setTokenID(id) }
    }
    try invocation.answer(reply.message) {
      "org token \(id) is not good any more (revision \($0.revision))"
    }
    return .success
  }

  /// The id of the org token that isn't revoked and has this name, or else this id.
  static func find(
    _ nameOrID: String, _ client: PosternClient, _ invocation: Invocation
  ) throws(Failure) -> String {
    var page = ""
    var found: String?
    repeat {
      let reply = try listPage(page, TokenListFilter(), client, invocation)
      for index in 0..<reply.message.tokensCount {
        let token = reply.message.tokens(at: index)
        let id = DisplayText(token.id).description
        if token.name.isEqual(to: nameOrID.utf8Span.span), token.state != .revoked { return id }
        if id == nameOrID { found = id }
      }
      page = DisplayText(reply.message.nextPageToken).description
    } while !page.isEmpty
    guard let found else {
      throw .trouble(
        "`\(invocation.value(.organization))` has no org token `\(nameOrID)` that isn't revoked",
        advice: "`postern org-token list --org \(invocation.value(.organization))` shows them")
    }
    return found
  }

  private static func listPage(
    _ page: String, _ filter: TokenListFilter, _ client: PosternClient, _ invocation: Invocation
  ) throws(Failure) -> Reply<PosternV1.ListTokensResponse> {
    try invocation.ask(over: client) { (client) throws(ClientError) in
      try client.listTokens { request in
        request.setOrganizationID(invocation.value(.organization))
        request.setKind(.org)
        filter.write(into: request)
        request.setPageSize(Pages.size)
        request.setPageToken(page)
      }
    }
  }
}
