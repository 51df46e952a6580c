internal import Messages
internal import PosternClient

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
    let now = invocation.surroundings.nowSeconds
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
    let now = invocation.surroundings.nowSeconds
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
    // What the daemon sends goes out as it is: a token that was changed on the way is no token.
    guard let secret = try? UTF8Span(validating: reply.message.secret) else { return .failure }
    try invocation.print(String(copying: secret))
    let end = HumanTime.long(
      reply.message.token?.previousSecretExpiresAt,
      nowSeconds: invocation.surroundings.nowSeconds)
    invocation.remark(
      end.isEmpty ? "The old secret is not good any more." : "The old secret is good until \(end).")
    invocation.remark("The new one is shown this once: nothing can show it again.")
    return .success
  }
}

// A function of its own: the compiler (6.3.1) makes broken code of a builder that is kept in a
// variable inside a branch.
extension GoogleProtobuf.FieldMask.Builder {
  /// Adds paths.
  func add(_ paths: [String]) {
    for path in paths { addPaths(path) }
  }
}
