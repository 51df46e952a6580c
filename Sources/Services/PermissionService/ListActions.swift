internal import Ledger
internal import Messages
internal import Permissions
internal import RPC

extension PosternServices {
  // As `Check`.
  func listActions(
    _ request: PosternV1.ListActionsRequest, _ call: Call, _ snapshot: borrowing Snapshot,
    _ response: PosternV1.ListActionsResponse.Builder
  ) throws(Status) {
    guard let resource = request.resource, !resource.type.isEmpty else {
      throw Fields.invalid("`resource.type` is required", "resource.type")
    }
    guard let type = policy.resourceType(named: resource.type) else {
      throw Fields.invalid("`resource.type` is not one of the policy's types", "resource.type")
    }
    let actions = policy.actionPositions(of: type).map { policy.action(at: $0) }
      .map { (action: $0, name: policy.name(of: $0)) }.sorted { $0.name < $1.name }
    // What is wrong with the fields is so whatever the action.
    if let first = actions.first {
      try require(
        question(
          first.action, first.name.utf8Span.span, resource, targetUserID: request.targetUserID))
    }
    let found = try findSubject(request.tokenSecret, request.user, call, snapshot)
    guard case .known(let subject, let tokenID) = found else { return }
    response.setTokenID(tokenID)
    response.setUserID(subject.userID)
    response.setOrganizationID(subject.organizationID)
    for (action, name) in actions {
      let question = question(
        action, name.utf8Span.span, resource, targetUserID: request.targetUserID)
      let decision = decide(question, subject, snapshot)
      guard decision.isAllowed else { continue }
      let allowed = response.addActions()
      allowed.setAction(name)
      allowed.setRule(decision.rule(policy))
    }
  }
}
