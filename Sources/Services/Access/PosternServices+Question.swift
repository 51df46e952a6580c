internal import Ledger
internal import Messages
internal import Permissions
internal import RPC

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
  func decide<State: LedgerState & ~Copyable>(
    _ question: Question, _ subject: Subject, _ state: borrowing State
  ) -> Decision {
    decide(question.action, subject, target(of: question, subject), state)
  }

  /// What the question is about. An `organization` that is named is itself the organization acted
  /// in.
  @_lifetime(copy question, copy subject)
  func target(of question: Question, _ subject: Subject) -> Target {
    // The action begins with its type, which an absent type stands for.
    let type = question.actionName.extracting(
      first: policy.resourceTypeName(of: question.action).utf8.count)
    var organization = question.organizationID
    if organization.isEmpty, type.isEqual(to: "organization") { organization = question.resourceID }
    if organization.isEmpty { organization = subject.organizationID }
    return Target(
      organization, resourceType: type, resourceID: question.resourceID,
      userID: question.targetUserID)
  }
}
