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
    let reference = request.resource
    if let type = reference?.type, !type.isEmpty {
      guard policy.resourceType(named: type) == policy.resourceType(of: action) else {
        throw Fields.invalid(
          "`resource.type` must be `\(policy.resourceTypeName(of: action))` for this action",
          "resource.type")
      }
    }
    if let id = reference?.id, !id.isEmpty { _ = try Fields.resourceID(id, "resource.id") }
    if let id = reference?.organizationID, !id.isEmpty {
      _ = try Fields.organizationID(id, "resource.organization_id")
    }
    if let reference, !reference.id.isEmpty, !reference.organizationID.isEmpty,
      policy.resourceTypeName(of: action) == "organization",
      !reference.id.isEqual(to: reference.organizationID)
    {
      throw Fields.invalid(
        "`resource.organization_id` is not the organization that `resource.id` names",
        "resource.organization_id")
    }
    if !request.targetUserID.isEmpty {
      _ = try Fields.userID(request.targetUserID, "target_user_id")
    }

    if let user = request.user {
      guard request.tokenSecret.isEmpty else {
        throw Fields.invalid("give exactly one of `token_secret` and `user`", "token_secret")
      }
      return try check(user: user, action, request, call, snapshot, response)
    }
    guard let token = activeToken(request.tokenSecret, snapshot), let kind = token.kind else {
      response.setReason(.tokenInactive)
      response.setMessage("the token is not active")
      return
    }
    response.setTokenID(TokenSecret.idText(of: request.tokenSecret))
    let subject = Subject(
      kind: kind == .user ? .user : .orgToken, role: .client,
      organizationID: token.organizationID, userID: token.userID, scopes: token.scopes)
    check(subject, action, request, snapshot, response)
  }

  private func check(
    user: PosternV1.UserReference, _ action: Action, _ request: PosternV1.CheckRequest,
    _ call: Call, _ snapshot: borrowing Snapshot,
    _ response: PosternV1.CheckResponse.Builder
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
    check(subject, action, request, snapshot, response)
  }

  private func check(
    _ subject: Subject, _ action: Action, _ request: PosternV1.CheckRequest,
    _ snapshot: borrowing Snapshot, _ response: PosternV1.CheckResponse.Builder
  ) {
    response.setUserID(subject.userID)
    response.setOrganizationID(subject.organizationID)
    let decision = decide(action, subject, target(of: request, action, subject), snapshot)
    switch decision {
    case .allowed(let relation):
      response.setAllowed(true)
      response.setRule(relation.name)
      response.setReason(.relationHolds)
      return
    case .denied(.noRelation(let required)):
      response.setRule(required.names)
      response.setReason(.noRelation)
    case .denied(.otherOrganization):
      response.setReason(.otherOrganization)
    case .denied(.neverAllowed):
      response.setReason(.neverAllowed)
    }
    response.setMessage(decision.sentence(action: action, policy: policy))
  }

  /// What the request is about. An `organization` that is named is itself the organization acted
  /// in.
  @_lifetime(copy request, copy subject)
  private func target(
    of request: PosternV1.CheckRequest, _ action: Action, _ subject: Subject
  ) -> Target {
    guard let resource = request.resource else {
      return Target(subject.organizationID, userID: request.targetUserID)
    }
    // The action begins with its type, which an absent type stands for.
    let type = request.action.extracting(
      first: policy.resourceTypeName(of: action).utf8.count)
    var organization = resource.organizationID
    if organization.isEmpty, type.isEqual(to: "organization") { organization = resource.id }
    if organization.isEmpty { organization = subject.organizationID }
    return Target(
      organization, resourceType: type, resourceID: resource.id, userID: request.targetUserID)
  }
}
