internal import Messages
internal import PosternClient

/// The arguments of a question: its subject, which is the bearer of the token on standard input or
/// a user, and the object of the action.
enum AskedQuestion {
  static let actionOperand = Operand(
    name: "ACTION", summary: "The action, such as integration.create.", fills: .text("action"))
  static let resourceOperand = Operand(
    name: "TYPE[/ID]",
    summary: "The resource that is acted on; a type alone names none in particular.",
    isOptional: true, fills: .typeOrResource("resource."))
  static let tokenOperand = Operand(
    name: "-", summary: "The token is on standard input.", isOptional: true)
  static let options: [CommandOption] = [
    .tokenFromInput, .organization.filling(.text("user.organization_id")),
    .user.filling(.text("user.user_id")), .targetUser, .resourceOrganization,
  ]
  static let details = [
    "The subject is the bearer of the token on standard input or, with --user and --org, that",
    "user.",
  ]

  /// Checks the operands, which may stand before and after `-`, and reads the subject.
  static func prepare(
    _ invocation: Invocation, _ fields: inout FieldValues
  ) throws(Failure) -> PosternClient? {
    let operands = invocation.operands.filter { $0 != "-" }
    let known = invocation.command.operands.filter { $0.name != "-" }
    guard !operands.isEmpty else { throw .misuse("`\(known[0].name)` is missing") }
    guard operands.count <= known.count else {
      throw .misuse("`\(operands[known.count])` is one argument too many")
    }
    try takeSubject(invocation, &fields)
    return nil
  }

  /// Reads the subject. Unless it `isOptional`, a token is read if no user is named.
  static func takeSubject(
    _ invocation: Invocation, _ fields: inout FieldValues, isOptional: Bool = false
  ) throws(Failure) {
    let wantsToken = invocation.has(.tokenFromInput) || invocation.operands.contains("-")
    let namesUser = invocation.has(.user)
    guard !namesUser || !wantsToken else {
      throw .misuse("the subject is a token or `--user`, not both")
    }
    guard namesUser == invocation.has(.organization) else {
      throw .misuse("`--user` and `--org` go together: the id of a user says nothing without both")
    }
    guard !namesUser, wantsToken || !isOptional else { return }
    fields.set("token_secret", secret: try invocation.secret())
  }
}
