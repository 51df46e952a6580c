internal import Messages

/// What a question is about, as it was given: a subject, and what something is done to.
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

  /// The operands of a command: an action, and perhaps a resource.
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
