internal import Identifiers
internal import Ledger
internal import Messages

// What is written of each object: all but its times and its creator. Functions of their own,
// because the compiler (6.3.1) makes broken code of a builder that is kept in a variable inside a
// branch.
extension ExportWalk {
  static func write(
    _ record: OrganizationRecord, _ id: OrganizationID,
    into organization: PosternV1.Organization.Builder
  ) {
    organization.setID(id.bytes)
    organization.setDisplayName(record.displayName)
  }

  static func write(
    _ record: UserRecord, _ id: UserID, of organization: OrganizationID,
    into user: PosternV1.User.Builder
  ) {
    user.setOrganizationID(organization.bytes)
    user.setID(id.bytes)
    user.setDisplayName(record.displayName)
    user.setAdministrator(record.isAdministrator)
    record.forEachRole { user.addRoles($0) }
  }

  static func write(
    _ record: TeamRecord, _ id: TeamID, of organization: OrganizationID,
    into team: PosternV1.TeamRecord.Builder, members: (PosternV1.TeamRecord.Builder) -> Void
  ) {
    team.setOrganizationID(organization.bytes)
    team.setID(id.bytes)
    team.setDisplayName(record.displayName)
    members(team)
  }

  static func write(
    _ record: ResourceRecord, _ reference: ResourceReference,
    into resource: PosternV1.ResourceRecord.Builder,
    writers: (PosternV1.ResourceRecord.Builder) -> Void
  ) {
    resource.setOrganizationID(reference.organizationID.bytes)
    resource.setType(reference.type.bytes)
    resource.setID(reference.id.bytes)
    resource.setDisplayName(record.displayName)
    writers(resource)
  }

  static func write(
    _ principal: Principal, into writer: PosternV1.Writer.Builder
  ) {
    switch principal {
    case .user(let id): writer.setUserID(id.bytes)
    case .team(let id): writer.setTeamID(id.bytes)
    }
  }
}
