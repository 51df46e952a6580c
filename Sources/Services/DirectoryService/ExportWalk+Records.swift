internal import Ledger
internal import Messages

// What is written of each object: all but times and who made it. Functions of their own, because
// the compiler (6.3.1) makes broken code of a builder that is kept in a variable inside a branch.
extension ExportWalk {
  static func write(
    _ record: OrganizationRecord, _ id: Span<UInt8>,
    into organization: PosternV1.Organization.Builder
  ) {
    organization.setID(id)
    organization.setDisplayName(record.displayName)
  }

  static func write(
    _ record: UserRecord, _ organization: Span<UInt8>, _ id: Span<UInt8>,
    into user: PosternV1.User.Builder
  ) {
    user.setOrganizationID(organization)
    user.setID(id)
    user.setDisplayName(record.displayName)
    user.setAdministrator(record.isAdministrator)
    record.forEachRole { user.addRoles($0) }
  }

  static func write(
    _ record: TeamRecord, _ organization: Span<UInt8>, _ id: Span<UInt8>,
    into team: PosternV1.TeamRecord.Builder, members: (PosternV1.TeamRecord.Builder) -> Void
  ) {
    team.setOrganizationID(organization)
    team.setID(id)
    team.setDisplayName(record.displayName)
    members(team)
  }

  static func write(
    _ record: ResourceRecord, _ organization: Span<UInt8>, _ type: Span<UInt8>, _ id: Span<UInt8>,
    into resource: PosternV1.ResourceRecord.Builder,
    writers: (PosternV1.ResourceRecord.Builder) -> Void
  ) {
    resource.setOrganizationID(organization)
    resource.setType(type)
    resource.setID(id)
    resource.setDisplayName(record.displayName)
    writers(resource)
  }

  static func write(
    _ principal: Span<UInt8>, isTeam: Bool, into writer: PosternV1.Writer.Builder
  ) {
    if isTeam { writer.setTeamID(principal) } else { writer.setUserID(principal) }
  }
}
