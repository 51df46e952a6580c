internal import Identifiers
internal import Ledger
internal import Messages
internal import Permissions
internal import RPC

/// What a check asks: an action, and what it is done to, as the request says it. An empty field was
/// not given.
struct Question: ~Escapable {
  let action: Action
  let actionName: Span<UInt8>
  /// Empty: the type that the action begins with.
  let resourceType: Span<UInt8>
  /// Empty: none in particular.
  let resourceID: Span<UInt8>
  /// Empty: the subject's own.
  let organizationID: Span<UInt8>
  /// The user that the action is about. Empty: none.
  let targetUserID: Span<UInt8>

  @_lifetime(copy actionName, copy targetUserID)
  init(_ action: Action, _ actionName: Span<UInt8>, targetUserID: Span<UInt8>) {
    let none = actionName.extracting(0..<0)
    self.init(
      action, actionName, resourceType: none, resourceID: none, organizationID: none,
      targetUserID: targetUserID)
  }

  @_lifetime(
    copy actionName, copy resourceType, copy resourceID, copy organizationID, copy targetUserID)
  init(
    _ action: Action, _ actionName: Span<UInt8>, resourceType: Span<UInt8>,
    resourceID: Span<UInt8>, organizationID: Span<UInt8>, targetUserID: Span<UInt8>
  ) {
    self.action = action
    self.actionName = actionName
    self.resourceType = resourceType
    self.resourceID = resourceID
    self.organizationID = organizationID
    self.targetUserID = targetUserID
  }
}

/// What an action is done to.
struct Target: ~Escapable {
  /// The organization that is acted in; nil for none in particular.
  let organizationID: OrganizationID?
  /// Nil for none in particular.
  let resource: ResourceReference?
  /// The user that the action is about; nil for none.
  let userID: UserID?

  @_lifetime(copy organizationID, copy resource, copy userID)
  init(
    in organizationID: OrganizationID?, resource: ResourceReference? = nil,
    user userID: UserID? = nil
  ) {
    self.organizationID = organizationID
    self.resource = resource
    self.userID = userID
  }

  /// A resource, in its organization.
  @_lifetime(copy resource, copy userID)
  init(_ resource: ResourceReference, user userID: UserID? = nil) {
    self.init(in: resource.organizationID, resource: resource, user: userID)
  }
}

extension PosternServices {
  /// Refuses a question that makes no sense; the fields are named as in `PermissionService.Check`.
  func require(_ question: Question) throws(Status) {
    let type = question.resourceType
    if !type.isEmpty {
      guard policy.resourceType(named: type) == policy.resourceType(of: question.action) else {
        throw Fields.invalid(
          "`resource.type` must be `\(policy.resourceTypeName(of: question.action))` for this"
            + " action", "resource.type")
      }
    }
    let id = question.resourceID
    let organization = question.organizationID
    if !id.isEmpty { _ = try Fields.resourceID(id, "resource.id") }
    if !organization.isEmpty {
      _ = try Fields.organizationID(organization, "resource.organization_id")
    }
    if !id.isEmpty, !organization.isEmpty, !id.isEqual(to: organization),
      policy.resourceTypeName(of: question.action) == "organization"
    {
      throw Fields.invalid(
        "`resource.organization_id` is not the organization that `resource.id` names",
        "resource.organization_id")
    }
    if !question.targetUserID.isEmpty {
      _ = try Fields.userID(question.targetUserID, "target_user_id")
    }
  }

  /// Decides on a question that `require` has passed.
  func decision<State: LedgerState & ~Copyable>(
    on question: Question, by subject: Subject, in state: borrowing State
  ) -> Decision {
    decision(
      on: question.action, by: subject, to: target(of: question, by: subject), in: state)
  }

  /// What a question that `require` has passed is about. An `organization` that is named is itself
  /// the organization acted in.
  @_lifetime(copy question, copy subject)
  func target(of question: Question, by subject: Subject) -> Target {
    // The action begins with its type, which an absent type stands for.
    let type = question.actionName.extracting(
      first: policy.resourceTypeName(of: question.action).utf8.count)
    var organization = OrganizationID(storedOrEmpty: question.organizationID)
    if organization == nil, type.isEqual(to: "organization") {
      organization = OrganizationID(storedOrEmpty: question.resourceID)
    }
    if organization == nil { organization = subject.organizationID }
    let user = UserID(storedOrEmpty: question.targetUserID)
    guard let organization, let id = ResourceID(storedOrEmpty: question.resourceID) else {
      return Target(in: organization, user: user)
    }
    return Target(
      ResourceReference(in: organization, type: ResourceTypeName(stored: type), id: id), user: user)
  }
}
