internal import Directory
internal import Ledger
internal import Messages
internal import Permissions
internal import RPC
internal import Tokens

extension PosternServices {
  // With a token's secret: open to every process that can connect. For a user without a token: for
  // operators and issuers, the user itself, and administrators of the organization.
  func check(
    _ request: PosternV1.CheckRequest, _ call: Call, _ snapshot: borrowing Snapshot,
    _ response: PosternV1.CheckResponse.Builder
  ) throws(Status) {
    guard let action = policy.action(named: request.action) else {
      // Not repeated: it may be of any length, and a secret in the wrong field.
      throw Fields.invalid("`action` is not one of the policy's actions", "action")
    }
    let question = question(request, action)
    try require(question)

    if let user = request.user {
      guard request.tokenSecret.isEmpty else {
        throw Fields.invalid("give exactly one of `token_secret` and `user`", "token_secret")
      }
      return try check(user: user, question, call, snapshot, response)
    }
    guard let token = activeToken(request.tokenSecret, snapshot), let kind = token.kind else {
      response.setReason(.tokenInactive)
      response.setMessage("the token is not active")
      return
    }
    response.setTokenID(TokenSecret.idText(of: request.tokenSecret))
    check(Subject(token, kind), question, snapshot, response)
  }

  private func check(
    user: PosternV1.UserReference, _ question: Question, _ call: Call,
    _ snapshot: borrowing Snapshot, _ response: PosternV1.CheckResponse.Builder
  ) throws(Status) {
    let organization = try Fields.organizationID(
      user.organizationID, "user.organization_id")
    let id = try Fields.userID(user.userID, "user.user_id")
    let caller = try authenticate(call, snapshot)
    if caller.kind != .peer || caller.peer.role == .client {
      let target = Target(organization.bytes, userID: id.bytes)
      try authorize(caller, "user_token.get", target, snapshot)
    }
    guard snapshot.user(organization.bytes, id.bytes) != nil else {
      response.setReason(.userUnknown)
      response.setMessage("the organization has no such user")
      return
    }
    let subject = Subject(
      kind: .user, role: .client, organizationID: organization.bytes, userID: id.bytes,
      scopes: [])
    check(subject, question, snapshot, response)
  }

  private func check(
    _ subject: Subject, _ question: Question, _ snapshot: borrowing Snapshot,
    _ response: PosternV1.CheckResponse.Builder
  ) {
    response.setUserID(subject.userID)
    response.setOrganizationID(subject.organizationID)
    let decision = decide(question, subject, snapshot)
    switch decision {
    case .allowed:
      response.setAllowed(true)
      response.setRule(decision.rule(policy))
      response.setReason(.relationHolds)
      return
    case .denied(.noRelation):
      response.setRule(decision.rule(policy))
      response.setReason(.noRelation)
    case .denied(.otherOrganization):
      response.setReason(.otherOrganization)
    case .denied(.neverAllowed):
      response.setReason(.neverAllowed)
    }
    response.setMessage(decision.sentence(action: question.action, policy: policy))
  }

  @_lifetime(copy request)
  private func question(_ request: PosternV1.CheckRequest, _ action: Action) -> Question {
    guard let resource = request.resource else {
      return Question(action, request.action, targetUserID: request.targetUserID)
    }
    return Question(
      action, request.action, resourceType: resource.type, resourceID: resource.id,
      organizationID: resource.organizationID, targetUserID: request.targetUserID)
  }
}
