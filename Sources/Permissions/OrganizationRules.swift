/// The rules that an organization has in place of everybody's.
package struct OrganizationRules: Sendable, Hashable {
  package let organizationID: String
  /// Each of an action that the policy has anyway.
  package let actions: [ActionRule]

  package init(_ organizationID: String, _ actions: [ActionRule]) {
    self.organizationID = organizationID
    self.actions = actions
  }
}
