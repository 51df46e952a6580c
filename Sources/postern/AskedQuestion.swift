internal import Messages

/// A question as the command line gives it: a subject, and the object of the action.
struct AskedQuestion {
  private let subject: AskedSubject
  /// `TYPE` or `TYPE/ID`.
  private let resource: String?
  private let organization: String?
  private let targetUser: String?

  static let resourceOperand = Operand(
    name: "TYPE[/ID]",
    summary: "The resource that is acted on; a type alone names none in particular.",
    isOptional: true)
  static let options = AskedSubject.options + [.targetUser, .resourceOrganization]

  init(_ invocation: Invocation, resource: String?) throws(Failure) {
    self.resource = resource
    organization = invocation.optional(.resourceOrganization)
    targetUser = invocation.optional(.targetUser)
    subject = try AskedSubject(invocation)
  }

  /// The operands of a command: an action and an optional resource.
  static func actionAndResource(
    _ invocation: Invocation
  ) throws(Failure) -> (action: String, resource: String?) {
    let operands = invocation.operands.filter { $0 != "-" }
    guard let action = operands.first else { throw .misuse("`ACTION` is missing") }
    guard operands.count <= 2 else {
      throw .misuse("`\(operands[2])` is one argument too many")
    }
    return (action, operands.count > 1 ? operands[1] : nil)
  }

  func fill<Request: QuestionRequest & ~Escapable>(_ request: Request) {
    subject.fill(request)
    if let targetUser { request.setTargetUserID(targetUser) }
    guard resource != nil || organization != nil else { return }
    fill(request.makeResource())
  }

  private func fill(_ reference: PosternV1.ResourceReference.Builder) {
    if let organization { reference.setOrganizationID(organization) }
    let parts = (resource ?? "").split(separator: "/", maxSplits: 1)
    if let type = parts.first { reference.setType(String(type)) }
    if parts.count > 1 { reference.setID(String(parts[1])) }
  }
}

/// A request with one question.
protocol QuestionRequest: SubjectRequest, ~Escapable {
  func setTargetUserID(_ text: String)
  @_lifetime(copy self)
  func makeResource() -> PosternV1.ResourceReference.Builder
}

extension PosternV1.CheckRequest.Builder: QuestionRequest {}
extension PosternV1.ExplainRequest.Builder: QuestionRequest {}
extension PosternV1.ListActionsRequest.Builder: QuestionRequest {}

/// The subject of a question as given: the bearer of the token on standard input, or a user.
struct AskedSubject {
  private let secret: Secret?
  private let user: (organization: String, id: String)?

  static let tokenOperand = Operand(
    name: "-", summary: "The token is on standard input.", isOptional: true)
  static let options: [CommandOption] = [.tokenFromInput, .organization, .user]
  static let details = [
    "The subject is the bearer of the token on standard input or, with --user and --org, that",
    "user.",
  ]

  /// Reads the subject. Unless it `isOptional`, a token is read if no user is named.
  init(_ invocation: Invocation, isOptional: Bool = false) throws(Failure) {
    let wantsToken = invocation.has(.tokenFromInput) || invocation.operands.contains("-")
    let user = invocation.optional(.user)
    guard user == nil || !wantsToken else {
      throw .misuse("the subject is a token or `--user`, not both")
    }
    guard (user == nil) == (invocation.optional(.organization) == nil) else {
      throw .misuse("`--user` and `--org` go together: the id of a user says nothing without both")
    }
    self.user = user.map { (invocation.value(.organization), $0) }
    secret = user == nil && (wantsToken || !isOptional) ? try invocation.secret() : nil
  }

  func fill<Request: SubjectRequest & ~Escapable>(_ request: Request) {
    if let secret { request.setTokenSecret(secret.bytes) }
    if let user { Self.fill(request.makeUser(), organization: user.organization, user: user.id) }
  }

  private static func fill(
    _ reference: PosternV1.UserReference.Builder, organization: String, user: String
  ) {
    reference.setOrganizationID(organization)
    reference.setUserID(user)
  }
}

/// A request that names its subject.
protocol SubjectRequest: ~Escapable {
  func setTokenSecret(_ bytes: Span<UInt8>)
  @_lifetime(copy self)
  func makeUser() -> PosternV1.UserReference.Builder
}

extension PosternV1.BatchCheckRequest.Builder: SubjectRequest {}

/// A resource in its typed form: `TYPE/ID`.
struct ResourceName: CustomStringConvertible {
  let type: String
  let id: String

  var description: String { "\(type)/\(id)" }

  static let operand = Operand(
    name: "TYPE/ID", summary: "The resource: its type and id, such as dashboard/latency.")

  init(_ text: String) throws(Failure) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
      throw .misuse("`\(text)` is no resource: write TYPE/ID, such as dashboard/latency")
    }
    type = String(parts[0])
    id = String(parts[1])
  }
}
