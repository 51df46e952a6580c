internal import Messages
internal import PosternClient

/// `postern check`.
enum CheckCommand {
  static let check = Command(
    words: ["check"], summary: "Says whether a token's bearer, or a user, may do something.",
    operands: [
      Operand(name: "ACTION", summary: "What is to be done, as integration.create."),
      Operand(
        name: "TYPE[/ID]", summary: "What it is done to; the type alone for none in particular.",
        isOptional: true),
      Operand(name: "-", summary: "The token is on standard input.", isOptional: true),
    ],
    optional: [.tokenFromInput, .organization, .user, .targetUser, .resourceOrganization],
    details: [
      "The subject is the bearer of the token on standard input, or, with --user and --org, that",
      "user itself.",
    ],
    examples: [
      "postern check integration.create <<< \"$TOKEN\"",
      "postern check dashboard.update dashboard/latency --org acme --user bob",
    ],
    answersYesOrNo: true, run: run)

  private static func run(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let operands = invocation.operands.filter { $0 != "-" }
    guard let action = operands.first else { throw .misuse("`ACTION` is missing") }
    guard operands.count <= 2 else {
      throw .misuse("`\(operands[2])` is one argument too many")
    }
    let wantsToken =
      invocation.has(.tokenFromInput) || operands.count < invocation.operands.count
    let user = invocation.optional(.user)
    guard user == nil || !wantsToken else {
      throw .misuse("the subject is a token or `--user`, not both")
    }
    guard (user == nil) == (invocation.optional(.organization) == nil) else {
      throw .misuse("`--user` and `--org` go together: the id of a user says nothing without both")
    }
    let resource = operands.count > 1 ? operands[1] : nil
    let secret = user == nil ? try invocation.secret() : nil
    let reply = try invocation.ask { (client) throws(ClientError) in
      try client.check { request in
        request.setAction(action)
        if let secret { request.setTokenSecret(secret.bytes) }
        if let user {
          let subject = request.makeUser()
          subject.setOrganizationID(invocation.value(.organization))
          subject.setUserID(user)
        }
        fill(request, resource: resource, invocation)
      }
    }
    try invocation.answer(reply.message, describe)
    return reply.message.allowed ? .success : .denied
  }

  private static func fill(
    _ request: PosternV1.CheckRequest.Builder, resource: String?, _ invocation: Invocation
  ) {
    if let target = invocation.optional(.targetUser) { request.setTargetUserID(target) }
    let organization = invocation.optional(.resourceOrganization)
    guard resource != nil || organization != nil else { return }
    let reference = request.makeResource()
    if let organization { reference.setOrganizationID(organization) }
    let parts = (resource ?? "").split(separator: "/", maxSplits: 1)
    if let type = parts.first { reference.setType(String(type)) }
    if parts.count > 1 { reference.setID(String(parts[1])) }
  }

  private static func describe(_ answer: PosternV1.CheckResponse) -> String {
    let message = DisplayText(answer.message).description
    let rule = DisplayText(answer.rule).description
    let reason = message.isEmpty ? rule : message
    return (answer.allowed ? "allowed" : "denied") + (reason.isEmpty ? "" : ": \(reason)")
  }
}
