internal import Identifiers
internal import Ledger
internal import Messages

extension PosternServices {
  /// Writes an organization that exists.
  func writeOrganization<State: LedgerState & ~Copyable>(
    _ id: OrganizationID, from state: borrowing State,
    into organization: PosternV1.Organization.Builder
  ) {
    guard let record = state.organization(id) else { return }
    organization.setID(id.bytes)
    organization.setDisplayName(record.displayName)
    organization.makeCreatedAt().set(nanoseconds: record.createdAtNanoseconds)
  }

  /// Writes a user.
  func writeUser(
    _ id: UserID, of organization: OrganizationID, _ record: UserRecord,
    into user: PosternV1.User.Builder
  ) {
    user.setOrganizationID(organization.bytes)
    user.setID(id.bytes)
    user.setDisplayName(record.displayName)
    user.setAdministrator(record.isAdministrator)
    record.forEachRole { user.addRoles($0) }
    user.makeCreatedAt().set(nanoseconds: record.createdAtNanoseconds)
  }

  /// Writes a team that exists.
  func writeTeam<State: LedgerState & ~Copyable>(
    _ id: TeamID, of organization: OrganizationID, from state: borrowing State,
    into team: PosternV1.Team.Builder
  ) {
    guard let record = state.team(organization, id) else { return }
    team.setOrganizationID(organization.bytes)
    team.setID(id.bytes)
    team.setDisplayName(record.displayName)
    team.setMemberCount(UInt32(state.memberCount(of: id, in: organization)))
    team.makeCreatedAt().set(nanoseconds: record.createdAtNanoseconds)
  }

  /// Writes a resource that exists, and with `showsAttribution` who created and changed it.
  func writeResource<State: LedgerState & ~Copyable>(
    _ reference: ResourceReference, showsAttribution: Bool, from state: borrowing State,
    into resource: PosternV1.Resource.Builder
  ) {
    guard let record = state.resource(reference) else { return }
    resource.setOrganizationID(reference.organizationID.bytes)
    resource.setType(reference.type.bytes)
    resource.setID(reference.id.bytes)
    resource.setDisplayName(record.displayName)
    resource.setWriterCount(UInt32(state.writerCount(of: reference)))
    guard showsAttribution else { return }
    writeAttribution(of: record.createdRevision, from: state, into: resource.makeCreated())
    writeAttribution(of: record.updatedRevision, from: state, into: resource.makeUpdated())
  }
}
