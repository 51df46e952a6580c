internal import Identifiers
internal import Ledger
internal import Messages

// Copies of what a change takes away, for the entry that tells of it: an append moves rows.
extension PosternServices {
  /// The display name of a team; nil if there is none.
  func recordedName(
    of team: TeamID, in organization: OrganizationID, _ draft: borrowing Draft
  ) -> [UInt8]? {
    guard let record = draft.team(organization, team) else { return nil }
    return Array(copying: record.displayName)
  }

  /// The display name of a resource; nil if there is none.
  func recordedName(
    of resource: ResourceReference, in draft: borrowing Draft
  ) -> [UInt8]? {
    guard let record = draft.resource(resource) else { return nil }
    return Array(copying: record.displayName)
  }
}
