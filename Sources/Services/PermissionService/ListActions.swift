internal import Identifiers
internal import Ledger
internal import Messages
internal import Permissions
internal import RPC

extension PosternServices {
  // As `Check`. Each action is a decision of its own, which may have to look through many teams, so
  // the list may take several steps.
  func listActions(
    _ request: PosternV1.ListActionsRequest, for call: Call, from snapshot: borrowing Snapshot,
    into response: PosternV1.ListActionsResponse.Builder
  ) throws(Status) -> QueryRest? {
    let actions = try actions(askedFor: request)
    let next = try decideActions(
      actions, from: 0, of: request, for: call, in: snapshot, into: response)
    return next.map { QueryRest(next: $0, itemCount: actions.count) }
  }

  /// The actions that a request asks for; refuses one whose fields make no sense. Never inlined, as
  /// `decideItems`.
  @inline(never)
  private func actions(
    askedFor request: PosternV1.ListActionsRequest
  ) throws(Status) -> [(action: Action, name: String)] {
    guard let resource = request.resource, !resource.type.isEmpty else {
      throw Fields.invalid("`resource.type` is required", "resource.type")
    }
    guard policy.resourceType(named: resource.type) != nil else {
      throw Fields.invalid("`resource.type` is not one of the policy's types", "resource.type")
    }
    let actions = actions(on: resource)
    // A field that makes no sense makes none for any action, so one check is enough.
    if let first = actions.first {
      try require(
        question(
          on: first.action, named: first.name.utf8Span.span, resource,
          targetUserID: request.targetUserID))
    }
    return actions
  }

  /// The actions on a resource of its type, by name.
  func actions(on resource: PosternV1.ResourceReference?) -> [(action: Action, name: String)] {
    guard let resource, let type = policy.resourceType(named: resource.type) else { return [] }
    return policy.actionPositions(of: type).map { policy.action(at: $0) }
      .map { (action: $0, name: policy.name(of: $0)) }.sorted { $0.name < $1.name }
  }

  /// Decides on the actions from `first` on until all are decided or the time of the step is over.
  /// Returns the action to continue at; nil when the list is done.
  ///
  /// Never inlined, as `decideItems` of a batch.
  @inline(never)
  func decideActions(
    _ actions: [(action: Action, name: String)], from first: Int,
    of request: PosternV1.ListActionsRequest, for call: Call, in snapshot: borrowing Snapshot,
    into response: PosternV1.ListActionsResponse.Builder
  ) throws(Status) -> Int? {
    // Counted as a use once, however many steps it takes, and however often it begins.
    var call = call
    if first > 0 { call.countedItems = .max }
    let found = try findSubject(
      bySecret: request.tokenSecret, orUser: request.user, for: call, in: snapshot)
    guard case .known(let subject, let tokenID) = found else { return nil }
    response.setTokenID(tokenID)
    response.setUserID(UserID.bytes(of: subject.userID))
    response.setOrganizationID(OrganizationID.bytes(of: subject.organizationID))
    var step = snapshot.step
    for index in first..<actions.count {
      if index > first, step.isSpent { return index }
      step.spend(rows: StepBudget.rowsPerLook)
      let (action, name) = actions[index]
      let question = question(
        on: action, named: name.utf8Span.span, request.resource, targetUserID: request.targetUserID)
      let decision = decision(on: question, by: subject, in: snapshot)
      guard decision.isAllowed else { continue }
      let allowed = response.addActions()
      allowed.setAction(name)
      allowed.setRule(decision.rule(policy))
    }
    return nil
  }
}
