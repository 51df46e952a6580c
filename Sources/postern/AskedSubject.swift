internal import Messages

/// Whom a question is about, as it was given: the bearer of the token on standard input, or a user.
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

  /// Reads it. Unless the subject `isOptional`, a token is read whenever no user is named.
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
    if let user { Self.fill(request.makeUser(), user.organization, user.id) }
  }

  private static func fill(
    _ reference: PosternV1.UserReference.Builder, _ organization: String, _ user: String
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
