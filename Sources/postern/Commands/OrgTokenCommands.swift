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
    let now = invocation.context.nowSeconds
    return try invocation.list(
      PosternClient.listTokens,
      columns: ["ID", "NAME", "SCOPES", "STATE", "ISSUED", "EXPIRES", "LAST USED", "DESCRIPTION"],
      nothing: "no org tokens"
    ) { request in
      request.setOrganizationID(invocation.value(.organization))
      request.setKind(.org)
      filter.write(into: request)
    } rows: { page, table in
      for index in 0..<page.tokensCount {
        let token = page.tokens(at: index)
        table.add([
          DisplayText(token.id).description, DisplayText(token.name).description,
          TokenText.scopes(token), TokenText.state(token.state),
          HumanTime.short(token.issuedAt, nowSeconds: now),
          TokenText.expiry(token, nowSeconds: now),
          TokenText.lastUse(token, nowSeconds: now),
          DisplayText(token.description).description,
        ])
      }
    }
  }

  private static func runDelete(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let client = try invocation.connect()
    let id = try findToken(invocation, over: client)
    return try invocation.change(
      PosternClient.revokeToken, over: client, done: "org token \(id) is not good any more"
    ) { request in
      request.setTokenID(id)
    }
  }

  /// The id of the unrevoked org token whose name is the first operand, or else the operand as an
  /// id.
  static func findToken(
    _ invocation: Invocation, over client: PosternClient
  ) throws(Failure) -> String {
    let (nameOrID, organization) = (invocation.operand(0), invocation.value(.organization))
    var named: String?
    var found: String?
    try invocation.forEachPage(PosternClient.listTokens, over: client) { request in
      request.setOrganizationID(organization)
      request.setKind(.org)
    } _: { page in
      for index in 0..<page.tokensCount where named == nil {
        let token = page.tokens(at: index)
        let id = DisplayText(token.id).description
        if id == nameOrID { found = id }
        if token.name.isEqual(to: nameOrID.utf8Span.span), token.state != .revoked { named = id }
      }
      return named == nil
    }
    guard let id = named ?? found else {
      throw .trouble(
        "`\(organization)` has no org token `\(nameOrID)` that isn't revoked",
        advice: "`postern org-token list --org \(organization)` shows them")
    }
    return id
  }
}

extension OrgTokenCommands {
  static let show = Command(
    words: ["org-token", "show"], summary: "Shows what is kept about an org token.",
    operands: [nameOrID], required: [.organization],
    examples: ["postern org-token show agents --org acme"], run: runShow)

  static let update = Command(
    words: ["org-token", "update"], summary: "Changes an org token; its secret stays.",
    operands: [nameOrID], required: [.organization],
    optional: [
      .rename, .scope, .timeToLive, .noExpiry, .description, .noDescription, .disable, .enable,
      .endGrace,
    ],
    details: ["--scope replaces all scopes. --ttl counts from now."],
    examples: [
      "postern org-token update agents --org acme --disable",
      "postern org-token update agents --org acme --end-grace",
    ],
    run: runUpdate)

  static let rotate = Command(
    words: ["org-token", "rotate"],
    summary: "Gives an org token a new secret and prints the token, this once.",
    operands: [nameOrID], required: [.organization], optional: [.grace],
    details: [
      "The token alone goes to standard output, the rest to standard error. With --grace the old",
      "secret is good too for so long; one from an earlier rotation ends at once.",
    ],
    examples: ["TOKEN=$(postern org-token rotate agents --org acme --grace 7d)"], run: runRotate)

  private static func runShow(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let client = try invocation.connect()
    let id = try findToken(invocation, over: client)
    let now = invocation.context.nowSeconds
    return try invocation.show(PosternClient.getToken, over: client) { request in
      request.setTokenID(id)
    } as: { answer in
      TokenText.block(answer.token, nowSeconds: now)
    }
  }

  /// The options that change a field, with the field's path.
  private static let fields: [(path: String, options: [CommandOption])] = [
    ("name", [.rename]), ("scopes", [.scope]), ("description", [.description, .noDescription]),
    ("expires_at", [.timeToLive, .noExpiry]), ("disabled", [.disable, .enable]),
    ("previous_secret_expires_at", [.endGrace]),
  ]

  private static func runUpdate(_ invocation: Invocation) throws(Failure) -> ExitCode {
    var paths: [String] = []
    for (path, options) in fields {
      let given = options.filter(invocation.has)
      guard given.count <= 1 else {
        throw .misuse("`\(options[0].name)` and `\(options[1].name)` exclude each other")
      }
      if !given.isEmpty { paths.append(path) }
    }
    guard !paths.isEmpty else {
      let names = fields.flatMap(\.options).map { "`\($0.name)`" }
      throw .misuse("give what to change: \(names.joined(separator: ", "))")
    }
    let scopes = try scopes(invocation.all(.scope))
    let lifetime = try invocation.seconds(.timeToLive)
    let now = invocation.context.nowSeconds
    let client = try invocation.connect()
    let id = try findToken(invocation, over: client)
    return try invocation.show(PosternClient.updateOrgToken, over: client) { request in
      request.setTokenID(id)
      request.makeUpdateMask().add(paths)
      if let name = invocation.optional(.rename) { request.setName(name) }
      for scope in scopes { request.addScopes(scope) }
      if let text = invocation.optional(.description) { request.setDescription(text) }
      if let lifetime { request.makeExpiresAt().setSeconds(now + lifetime) }
      request.setDisabled(invocation.has(.disable))
    } as: { answer in
      TokenText.block(answer.token, nowSeconds: now)
    }
  }

  private static func runRotate(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let grace = try invocation.seconds(.grace)
    let client = try invocation.connect()
    let id = try findToken(invocation, over: client)
    let reply = try invocation.ask(over: client) { (client) throws(ClientError) in
      try client.rotateOrgToken { request in
        request.setTokenID(id)
        if let grace { request.makeGracePeriod().setSeconds(grace) }
      }
    }
    guard invocation.output == .text else {
      try invocation.print(reply.message.jsonText)
      return .success
    }
    // The daemon's bytes are printed unchanged: an altered token would not be valid.
    guard let secret = try? UTF8Span(validating: reply.message.secret) else { return .failure }
    try invocation.print(String(copying: secret))
    let end = HumanTime.long(
      reply.message.token?.previousSecretExpiresAt,
      nowSeconds: invocation.context.nowSeconds)
    invocation.remark(
      end.isEmpty ? "The old secret is not good any more." : "The old secret is good until \(end).")
    invocation.remark("The new one is shown this once: nothing can show it again.")
    return .success
  }
}

// A separate function: the compiler (6.3.1) generates broken code for a builder that is kept in a
// variable inside a branch.
extension GoogleProtobuf.FieldMask.Builder {
  /// Adds paths.
  func add(_ paths: [String]) {
    for path in paths { addPaths(path) }
  }
}
