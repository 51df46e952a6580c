internal import Messages
internal import PosternClient

/// `postern org-token ...`.
enum OrgTokenCommands {
  static let all = [create, list, show, update, rotate, delete]

  static let nameOrID = Operand(name: "NAME|ID", summary: "Its name, or its id.")

  static let create = Command(
    words: ["org-token", "create"], summary: "Issues an org token and prints it, this once.",
    operands: [
      Operand(name: "NAME", summary: "Its name, unique in the organization.", fills: .text("name"))
    ],
    required: [.organization, .scope], optional: [.timeToLive, .description],
    details: [
      "The token alone goes to standard output, the rest to standard error. Without --ttl it",
      "never expires.",
    ],
    examples: ["TOKEN=$(postern org-token create agents --org acme --scope ingest)"],
    body: NewToken.issue)

  static let list = Command(
    words: ["org-token", "list"], summary: "Lists the org tokens of an organization.",
    required: [.organization], optional: [.state, .expiringWithin, .unusedSince],
    examples: ["postern org-token list --org acme --state active --expiring-within 14d"],
    body: .list(
      PosternClient.listTokens, "tokens", setting: ["kind": .word("org")],
      columns: [Column("ID", "id"), Column("NAME", "name"), Column("SCOPES", "scopes")]
        + TokenColumns.states, nothing: "no org tokens"))

  static let delete = Command(
    words: ["org-token", "delete"], summary: "Revokes an org token, for ever.",
    operands: [nameOrID],
    required: [.organization], examples: ["postern org-token delete agents --org acme"],
    body: .change(
      PosternClient.revokeToken, prepare: findToken,
      done: "org token {token_id} is not good any more"))

  static let show = Command(
    words: ["org-token", "show"], summary: "Shows what is kept about an org token.",
    operands: [nameOrID], required: [.organization],
    examples: ["postern org-token show agents --org acme"],
    body: .show(PosternClient.getToken, "token", prepare: findToken, rows: TokenColumns.all))

  static let update = Command(
    words: ["org-token", "update"], summary: "Changes an org token; its secret stays.",
    operands: [nameOrID], required: [.organization],
    optional: [
      .rename, .scope, .timeToLive.filling(.ahead("expires_at")), .noExpiry, .description,
      .noDescription, .disable, .enable, .endGrace,
    ],
    details: ["--scope replaces all scopes. --ttl counts from now."],
    examples: [
      "postern org-token update agents --org acme --disable",
      "postern org-token update agents --org acme --end-grace",
    ],
    body: .show(
      PosternClient.updateOrgToken, changes: true, "token", prepare: selectFields,
      rows: TokenColumns.all))

  static let rotate = Command(
    words: ["org-token", "rotate"],
    summary: "Gives an org token a new secret and prints the token, this once.",
    operands: [nameOrID], required: [.organization], optional: [.grace],
    details: [
      "The token alone goes to standard output, the rest to standard error. With --grace the old",
      "secret is good too for so long; one from an earlier rotation ends at once.",
    ],
    examples: ["TOKEN=$(postern org-token rotate agents --org acme --grace 7d)"],
    body: .own(changes: true, giveNewSecret))

  /// The options that change a field, with the field's path.
  private static let fields: [(path: String, options: [CommandOption])] = [
    ("name", [.rename]), ("scopes", [.scope]), ("description", [.description, .noDescription]),
    ("expires_at", [.timeToLive, .noExpiry]), ("disabled", [.disable, .enable]),
    ("previous_secret_expires_at", [.endGrace]),
  ]

  private static func selectFields(
    _ invocation: Invocation, _ request: inout FieldValues
  ) throws(Failure) -> PosternClient? {
    var paths: [FieldValue] = []
    for (path, options) in fields {
      let given = options.filter(invocation.has)
      guard given.count <= 1 else {
        throw .misuse("`\(options[0].name)` and `\(options[1].name)` exclude each other")
      }
      if !given.isEmpty { paths.append(.text(path)) }
    }
    guard !paths.isEmpty else {
      let names = fields.flatMap(\.options).map { "`\($0.name)`" }
      throw .misuse("give what to change: \(names.joined(separator: ", "))")
    }
    request["update_mask.paths"] = .list(paths)
    return try findToken(invocation, &request)
  }

  private static func giveNewSecret(_ invocation: Invocation) throws(Failure) -> ExitCode {
    var fields = try invocation.boundFields()
    let client = try findToken(invocation, &fields)
    let reply = try invocation.call(PosternClient.rotateOrgToken, over: client, fields)
    guard try NewToken.print(reply.message.secret, of: reply.message, invocation) else {
      return .success
    }
    let end = reply.message.fields["token.previous_secret_expires_at"]
    invocation.remark(
      end == .absent
        ? "The old secret is not good any more."
        : "The old secret is good until \(DisplayStyle(invocation).text(end)).")
    invocation.remark("The new one is shown this once: nothing can show it again.")
    return .success
  }

  /// Finds the unrevoked org token whose name is the first operand, or else the operand as an id.
  private static func findToken(
    _ invocation: Invocation, _ fields: inout FieldValues
  ) throws(Failure) -> PosternClient? {
    let client = try invocation.connect()
    let (nameOrID, organization) = (invocation.operand(0), invocation.value(.organization))
    var named: String?
    var found: String?
    let tokens: FieldValues = ["organization_id": .text(organization), "kind": .word("org")]
    try invocation.forEachPage(PosternClient.listTokens, over: client, tokens) { page in
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
    fields["token_id"] = .text(id)
    fields["organization_id"] = nil
    return client
  }
}
