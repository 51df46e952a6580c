internal import Messages
internal import PosternClient
internal import TestSupport

/// A token with its secret.
struct IssuedToken: Equatable {
  let secret: String
  let id: String

  init(_ response: PosternV1.IssueTokenResponse) {
    secret = String(response.secret)
    if let token = response.token { id = String(token.id) } else { id = "" }
  }
}

/// What a check answered.
struct CheckAnswer: Equatable {
  let isAllowed: Bool
  let rule: String
  let reason: PosternV1.DecisionReason
}

extension PosternClient {
  func createOrganization(_ id: String, administrator: String) throws(ClientError) {
    _ = try createOrganization {
      $0.setOrganizationID(id)
      $0.setAdministratorUserID(administrator)
    }
  }

  func invite(_ user: String, to organization: String) throws(ClientError) {
    _ = try inviteUser {
      $0.setOrganizationID(organization)
      $0.setUserID(user)
    }
  }

  func deleteUser(_ user: String, of organization: String) throws(ClientError) {
    _ = try deleteUser {
      $0.setOrganizationID(organization)
      $0.setUserID(user)
    }
  }

  func setAdministrator(
    _ user: String, of organization: String, _ administrator: Bool
  ) throws(ClientError) {
    _ = try setAdministrator {
      $0.setOrganizationID(organization)
      $0.setUserID(user)
      $0.setAdministrator(administrator)
    }
  }

  func createTeam(
    _ team: String, of organization: String, members: [String] = []
  ) throws(ClientError) {
    _ = try createTeam {
      $0.setOrganizationID(organization)
      $0.setTeamID(team)
    }
    for member in members { try addMember(member, to: team, of: organization) }
  }

  func addMember(
    _ user: String, to team: String, of organization: String
  ) throws(ClientError) {
    _ = try addTeamMember {
      $0.setOrganizationID(organization)
      $0.setTeamID(team)
      $0.setUserID(user)
    }
  }

  func removeMember(
    _ user: String, from team: String, of organization: String
  ) throws(ClientError) {
    _ = try removeTeamMember {
      $0.setOrganizationID(organization)
      $0.setTeamID(team)
      $0.setUserID(user)
    }
  }

  func putResource(
    _ type: String, _ id: String, of organization: String
  ) throws(ClientError) {
    _ = try putResource {
      $0.setOrganizationID(organization)
      $0.setResourceType(type)
      $0.setResourceID(id)
    }
  }

  /// Makes a user (or, with `isTeam`, a team) a writer.
  func setWriter(
    _ writer: String, isTeam: Bool = false, _ type: String, _ id: String,
    of organization: String
  ) throws(ClientError) {
    _ = try setWriter {
      $0.setOrganizationID(organization)
      $0.setResourceType(type)
      $0.setResourceID(id)
      $0.makeWriter().set(writer, isTeam)
    }
  }

  func removeWriter(
    _ writer: String, isTeam: Bool = false, _ type: String, _ id: String,
    of organization: String
  ) throws(ClientError) {
    _ = try removeWriter {
      $0.setOrganizationID(organization)
      $0.setResourceType(type)
      $0.setResourceID(id)
      $0.makeWriter().set(writer, isTeam)
    }
  }

  func issueToken(
    for user: String, of organization: String, seconds: Int64? = nil, nanoseconds: Int32 = 0
  ) throws(ClientError) -> IssuedToken {
    let reply = try issueToken {
      $0.setOrganizationID(organization)
      $0.setUserID(user)
      if let seconds { $0.makeLifetime().set(seconds, nanoseconds) }
    }
    return IssuedToken(reply.message)
  }

  func issueOrgToken(
    named name: String, of organization: String, _ scopes: [PosternV1.TokenScope],
    seconds: Int64? = nil, nanoseconds: Int32 = 0
  ) throws(ClientError) -> IssuedToken {
    let reply = try issueToken {
      $0.setOrganizationID(organization)
      $0.setName(name)
      for scope in scopes { $0.addScopes(scope) }
      if let seconds { $0.makeLifetime().set(seconds, nanoseconds) }
    }
    return IssuedToken(reply.message)
  }

  func isActive(_ secret: String) throws(ClientError) -> Bool {
    let reply = try validateToken { $0.setSecret(secret) }
    return reply.message.active
  }

  func revoke(secret: String) throws(ClientError) {
    _ = try revokeToken { $0.setSecret(secret) }
  }

  func revoke(id: String) throws(ClientError) {
    _ = try revokeToken { $0.setTokenID(id) }
  }

  /// The newest revision.
  func revision() throws(ClientError) -> UInt64 {
    let reply = try getStatus { _ in }
    return reply.message.revision
  }

  func tokenCount() throws(ClientError) -> UInt64 {
    let reply = try getStatus { _ in }
    return reply.message.tokenCount
  }

  func connectionCount() throws(ClientError) -> UInt32 {
    let reply = try getStatus { _ in }
    return reply.message.connectionCount
  }

  func daemonProcessID() throws(ClientError) -> UInt32 {
    let reply = try getStatus { _ in }
    return reply.message.processID
  }

  func check(
    token: String? = nil, user: (organization: String, id: String)? = nil, _ action: String,
    id: String? = nil, organization: String? = nil, target: String? = nil
  ) throws(ClientError) -> CheckAnswer {
    let reply = try check {
      $0.setAction(action)
      if let token { $0.setTokenSecret(token) }
      if let user { $0.makeUser().set(user.organization, user.id) }
      if id != nil || organization != nil { $0.makeResource().set(id ?? "", organization ?? "") }
      if let target { $0.setTargetUserID(target) }
    }
    return CheckAnswer(
      isAllowed: reply.message.allowed, rule: String(reply.message.rule),
      reason: reply.message.reason)
  }
}

// Statements of their own: the compiler (6.3.1) makes broken code of a builder that is kept in a
// variable inside a branch.
extension GoogleProtobuf.Duration.Builder {
  func set(_ seconds: Int64, _ nanoseconds: Int32) {
    setSeconds(seconds)
    setNanos(nanoseconds)
  }
}

extension PosternV1.Writer.Builder {
  func set(_ id: String, _ isTeam: Bool) {
    if isTeam { setTeamID(id) } else { setUserID(id) }
  }
}

extension PosternV1.UserReference.Builder {
  func set(_ organization: String, _ user: String) {
    setOrganizationID(organization)
    setUserID(user)
  }
}

extension PosternV1.ResourceReference.Builder {
  func set(_ id: String, _ organization: String) {
    setID(id)
    setOrganizationID(organization)
  }
}

extension ClientError {
  /// The name of the status that the daemon answered with.
  var statusName: String {
    if case .status(_, let name, _, _, _) = self { name } else { "no status: \(self)" }
  }

  /// The field that an INVALID_ARGUMENT names in its details.
  var field: String? {
    if case .status(_, _, _, _, let metadata) = self { metadata["field"] } else { nil }
  }

  /// The reason in the details.
  var reasonName: String {
    if case .status(_, _, _, let reason, _) = self { reason } else { "" }
  }

  var sentence: String {
    if case .status(_, _, let message, _, _) = self { message } else { "" }
  }
}

/// The failure of a call that has to fail.
func failure<Answer: ~Copyable>(
  _ call: () throws(ClientError) -> Answer
) -> ClientError? {
  do throws(ClientError) {
    _ = try call()
    return nil
  } catch {
    return error
  }
}
