internal import Ledger
internal import Messages

extension PosternServices {
  /// Writes an organization that exists.
  func write<State: LedgerState & ~Copyable>(
    organization id: Span<UInt8>, _ state: borrowing State,
    into organization: PosternV1.Organization.Builder
  ) {
    guard let record = state.organization(id) else { return }
    organization.setID(id)
    organization.setDisplayName(record.displayName)
    organization.makeCreatedAt().set(nanoseconds: record.createdAtNanoseconds)
  }

  /// Writes a user.
  func write(
    _ record: UserRecord, _ organization: Span<UInt8>, _ id: Span<UInt8>,
    into user: PosternV1.User.Builder
  ) {
    user.setOrganizationID(organization)
    user.setID(id)
    user.setDisplayName(record.displayName)
    user.setAdministrator(record.isAdministrator)
    record.forEachRole { user.addRoles($0) }
    user.makeCreatedAt().set(nanoseconds: record.createdAtNanoseconds)
  }

  /// Writes a team that exists.
  func write<State: LedgerState & ~Copyable>(
    team id: Span<UInt8>, _ organization: Span<UInt8>, _ state: borrowing State,
    into team: PosternV1.Team.Builder
  ) {
    guard let record = state.team(organization, id) else { return }
    team.setOrganizationID(organization)
    team.setID(id)
    team.setDisplayName(record.displayName)
    team.setMemberCount(UInt32(state.memberCount(organization, id)))
    team.makeCreatedAt().set(nanoseconds: record.createdAtNanoseconds)
  }

  /// Writes a resource that exists, and who made it if `showsAttribution`.
  func write<State: LedgerState & ~Copyable>(
    resource id: Span<UInt8>, _ type: Span<UInt8>, _ organization: Span<UInt8>,
    showsAttribution: Bool, _ state: borrowing State, into resource: PosternV1.Resource.Builder
  ) {
    guard let record = state.resource(organization, type, id) else { return }
    resource.setOrganizationID(organization)
    resource.setType(type)
    resource.setID(id)
    resource.setDisplayName(record.displayName)
    resource.setWriterCount(UInt32(state.writerCount(organization, type, id)))
    guard showsAttribution else { return }
    write(attributionOf: record.createdRevision, state, into: resource.makeCreated())
    write(attributionOf: record.updatedRevision, state, into: resource.makeUpdated())
  }
}
