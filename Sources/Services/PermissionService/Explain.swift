internal import Identifiers
internal import Ledger
internal import Messages
internal import Permissions
internal import RPC

extension PosternServices {
  // As `Check`. It tells a caller nothing that other methods would not: the secret of a user's
  // token allows reading the organization's teams and writers, an org token's explanation is about
  // its own scopes, and a caller allowed to ask about a user may already read these facts.
  func explain(
    _ request: PosternV1.ExplainRequest, for call: Call, from snapshot: borrowing Snapshot,
    into response: PosternV1.ExplainResponse.Builder
  ) throws(Status) {
    let question = try question(
      request.action, request.resource, targetUserID: request.targetUserID)
    let found = try findSubject(
      bySecret: request.tokenSecret, orUser: request.user, for: call, in: snapshot)
    let decision = writeDecision(on: question, by: found, in: snapshot, into: response)
    if decision == .denied(.otherOrganization) { return }
    switch found {
    case .inactive: return
    case .unknownUser(let organization, let user):
      let subject = Subject(
        kind: .user, role: .client, organizationID: organization, userID: user, scopes: [])
      guard snapshot.organization(organization) != nil,
        subject.belongs(to: target(of: question, by: subject))
      else { return }
      let circumstances = circumstances(of: subject, hasToken: false, question, snapshot)
      writeGrants(circumstances, question, by: subject, into: response)
    case .known(let subject, let tokenID):
      let circumstances = circumstances(
        of: subject, hasToken: !tokenID.isEmpty, question, snapshot)
      for relation in circumstances.rule.relations {
        let result = response.addRelations()
        result.setRelation(policy.name(of: relation))
        result.setHolds(circumstances.standing.holds(relation, policy))
        result.setMessage(circumstances.reason(for: relation))
      }
      if decision?.isAllowed == true {
        for change in circumstances.revocations().prefix(Self.maximumChanges) {
          writeChange(
            change, to: target(of: question, by: subject), by: subject, circumstances,
            into: response.addRevocations())
        }
      } else {
        writeGrants(circumstances, question, by: subject, into: response)
      }
    }
  }

  /// The most grants, or revocations, of an answer.
  private static var maximumChanges: Int { 1000 }

  private func writeGrants(
    _ circumstances: Circumstances, _ question: Question, by subject: Subject,
    into response: PosternV1.ExplainResponse.Builder
  ) {
    let target = target(of: question, by: subject)
    var count = 0
    for (index, way) in circumstances.waysToAllow().enumerated() {
      count += way.count
      guard count <= Self.maximumChanges else { return }
      for change in way {
        let grant = response.addGrants()
        grant.setGroup(UInt32(index + 1))
        writeChange(change, to: target, by: subject, circumstances, into: grant)
      }
    }
  }

  private static func name(of resource: ResourceReference?) -> String {
    guard let resource else { return "" }
    return "\(resource.type.string)/\(resource.id.string)"
  }

  private func writeChange<Answer: ChangeAnswer & ~Escapable>(
    _ change: StandingChange, to target: Target, by subject: Subject,
    _ circumstances: Circumstances, into answer: Answer
  ) {
    let user = UserID.bytes(of: subject.userID)
    answer.setRelation(change.relation(ofRule: circumstances.teams))
    answer.setMethod(change.method)
    answer.setMessage(
      change.sentence(
        user: String(copying: user),
        resource: Self.name(of: target.resource)))
    answer.setTeamID(change.team.span)
    answer.setRole(change.role.span)
    for scope in Self.scopes where change.scope.contains(scope.bit) { answer.setScope(scope.value) }
    if subject.kind == .user, change != .revokeToken {
      answer.makeUser().set(OrganizationID.bytes(of: subject.organizationID), user)
    }
    if change.isAboutResource, let resource = target.resource {
      answer.makeResource().set(resource)
    }
  }
}

// Functions of their own: the compiler (6.3.1) makes broken code of a builder that is kept in a
// variable inside a branch.
extension PosternV1.UserReference.Builder {
  fileprivate func set(_ organization: Span<UInt8>, _ user: Span<UInt8>) {
    setOrganizationID(organization)
    setUserID(user)
  }
}

extension PosternV1.ResourceReference.Builder {
  fileprivate func set(_ resource: ResourceReference) {
    setType(resource.type.bytes)
    setID(resource.id.bytes)
    setOrganizationID(resource.organizationID.bytes)
  }
}

/// A change of an answer, one way or the other.
protocol ChangeAnswer: ~Escapable {
  func setRelation(_ text: String)
  func setMessage(_ text: String)
  func setMethod(_ text: String)
  func setTeamID(_ bytes: Span<UInt8>)
  func setScope(_ value: PosternV1.TokenScope)
  func setRole(_ bytes: Span<UInt8>)
  @_lifetime(copy self)
  func makeUser() -> PosternV1.UserReference.Builder
  @_lifetime(copy self)
  func makeResource() -> PosternV1.ResourceReference.Builder
}

extension PosternV1.Grant.Builder: ChangeAnswer {}
extension PosternV1.Revocation.Builder: ChangeAnswer {}
