internal import Identifiers
internal import Messages

extension Fold {
  mutating func apply(
    _ change: PosternStorageV1.UserInvited, at revision: UInt64, timeNanoseconds time: Int64,
    to transaction: inout WriteTransaction, _ tables: Tables
  ) throws(StoreError) {
    row.removeAll()
    UserRecord.encode(
      isAdministrator: change.administrator, createdAtNanoseconds: time,
      invitedRevision: revision, encodedRoles: Span(), displayName: change.displayName, into: &row)
    let organization = OrganizationID(stored: change.organizationID)
    let key = Key(organization, UserID(stored: change.userID))
    try transaction.put(tables.users, key: key.bytes, value: row.bytes)
    if change.administrator {
      try countAdministrators(organization, by: 1, in: &transaction, tables)
    }
  }

  mutating func apply(
    _ change: PosternStorageV1.UserUpdated, to transaction: inout WriteTransaction,
    _ tables: Tables
  ) throws(StoreError) {
    let organization = OrganizationID(stored: change.organizationID)
    let key = Key(organization, UserID(stored: change.userID))
    guard let stored = try load(tables.users, key.bytes, from: transaction) else { return }
    let user = UserRecord(stored.bytes)
    row.removeAll()
    UserRecord.encode(
      isAdministrator: user.isAdministrator, createdAtNanoseconds: user.createdAtNanoseconds,
      invitedRevision: user.invitedRevision, encodedRoles: user.encodedRoles,
      displayName: change.displayName, into: &row)
    try transaction.put(tables.users, key: key.bytes, value: row.bytes)
  }

  mutating func apply(
    _ change: PosternStorageV1.AdministratorSet, to transaction: inout WriteTransaction,
    _ tables: Tables
  ) throws(StoreError) {
    let organization = OrganizationID(stored: change.organizationID)
    let key = Key(organization, UserID(stored: change.userID))
    guard let stored = try load(tables.users, key.bytes, from: transaction) else { return }
    let user = UserRecord(stored.bytes)
    guard user.isAdministrator != change.administrator else { return }
    row.removeAll()
    UserRecord.encode(
      isAdministrator: change.administrator, createdAtNanoseconds: user.createdAtNanoseconds,
      invitedRevision: user.invitedRevision, encodedRoles: user.encodedRoles,
      displayName: user.displayName, into: &row)
    try transaction.put(tables.users, key: key.bytes, value: row.bytes)
    try countAdministrators(
      organization, by: change.administrator ? 1 : -1, in: &transaction, tables)
  }

  mutating func apply(
    _ change: PosternStorageV1.UserRolesSet, to transaction: inout WriteTransaction,
    _ tables: Tables
  ) throws(StoreError) {
    let organization = OrganizationID(stored: change.organizationID)
    let key = Key(organization, UserID(stored: change.userID))
    guard let stored = try load(tables.users, key.bytes, from: transaction) else { return }
    let user = UserRecord(stored.bytes)
    var roles = ByteBuffer()
    for index in 0..<change.rolesCount {
      let role = change.roles(at: index)
      roles.append(UInt8(role.count))
      roles.append(role)
    }
    row.removeAll()
    UserRecord.encode(
      isAdministrator: user.isAdministrator, createdAtNanoseconds: user.createdAtNanoseconds,
      invitedRevision: user.invitedRevision, encodedRoles: roles.bytes,
      displayName: user.displayName, into: &row)
    try transaction.put(tables.users, key: key.bytes, value: row.bytes)
  }

  /// Takes the user out of every team and from among all writers. Its tokens were revoked before.
  mutating func apply(
    _ change: PosternStorageV1.UserDeleted, to transaction: inout WriteTransaction,
    _ tables: Tables
  ) throws(StoreError) {
    let organization = OrganizationID(stored: change.organizationID)
    let user = UserID(stored: change.userID)
    let key = Key(organization, user)
    guard let stored = try load(tables.users, key.bytes, from: transaction) else { return }
    let wasAdministrator = UserRecord(stored.bytes).isAdministrator
    try transaction.delete(tables.users, key.bytes)
    if wasAdministrator { try countAdministrators(organization, by: -1, in: &transaction, tables) }
    let prefix = Key(within: organization, user)
    try removeAll(tables.userTeams, prefix: prefix.bytes, in: &transaction) {
      (team, transaction) throws(StoreError) in
      let team = TeamID(stored: team)
      try transaction.delete(
        tables.teamMembers, Key(member: user, of: team, in: organization).bytes)
      try Self.count(
        Key(memberCountOf: team, in: organization), isMore: false, in: &transaction, tables)
    }
    try transaction.delete(tables.counts, Key(teamCountOf: user, in: organization).bytes)
    try removeWriter(.user(user), of: organization, in: &transaction, tables)
  }

  mutating func apply(
    _ change: PosternStorageV1.TeamCreated, timeNanoseconds time: Int64,
    to transaction: inout WriteTransaction, _ tables: Tables
  ) throws(StoreError) {
    row.removeAll()
    TeamRecord.encode(createdAtNanoseconds: time, displayName: change.displayName, into: &row)
    let organization = OrganizationID(stored: change.organizationID)
    let key = Key(organization, TeamID(stored: change.teamID))
    try transaction.put(tables.teams, key: key.bytes, value: row.bytes)
  }

  mutating func apply(
    _ change: PosternStorageV1.TeamUpdated, to transaction: inout WriteTransaction,
    _ tables: Tables
  ) throws(StoreError) {
    let organization = OrganizationID(stored: change.organizationID)
    let key = Key(organization, TeamID(stored: change.teamID))
    guard let stored = try load(tables.teams, key.bytes, from: transaction) else { return }
    row.removeAll()
    TeamRecord.encode(
      createdAtNanoseconds: TeamRecord(stored.bytes).createdAtNanoseconds,
      displayName: change.displayName, into: &row)
    try transaction.put(tables.teams, key: key.bytes, value: row.bytes)
  }

  /// Removes the members and takes the team from among all writers.
  mutating func apply(
    _ change: PosternStorageV1.TeamDeleted, to transaction: inout WriteTransaction,
    _ tables: Tables
  ) throws(StoreError) {
    let organization = OrganizationID(stored: change.organizationID)
    let team = TeamID(stored: change.teamID)
    guard try transaction.delete(tables.teams, Key(organization, team).bytes) else { return }
    let prefix = Key(within: organization, team)
    try removeAll(tables.teamMembers, prefix: prefix.bytes, in: &transaction) {
      (user, transaction) throws(StoreError) in
      let user = UserID(stored: user)
      try transaction.delete(
        tables.userTeams, Key(team: team, ofMember: user, in: organization).bytes)
      try Self.count(
        Key(teamCountOf: user, in: organization), isMore: false, in: &transaction, tables)
    }
    try transaction.delete(tables.counts, Key(memberCountOf: team, in: organization).bytes)
    try removeWriter(.team(team), of: organization, in: &transaction, tables)
  }

  mutating func apply(
    _ change: PosternStorageV1.TeamMemberAdded, to transaction: inout WriteTransaction,
    _ tables: Tables
  ) throws(StoreError) {
    let organization = OrganizationID(stored: change.organizationID)
    let team = TeamID(stored: change.teamID)
    let user = UserID(stored: change.userID)
    let key = Key(member: user, of: team, in: organization)
    guard try !transaction.contains(tables.teamMembers, key.bytes) else { return }
    try transaction.put(tables.teamMembers, key: key.bytes, value: Span())
    try transaction.put(
      tables.userTeams, key: Key(team: team, ofMember: user, in: organization).bytes, value: Span())
    try countMembership(user, of: team, in: organization, isMore: true, in: &transaction, tables)
  }

  mutating func apply(
    _ change: PosternStorageV1.TeamMemberRemoved, to transaction: inout WriteTransaction,
    _ tables: Tables
  ) throws(StoreError) {
    let organization = OrganizationID(stored: change.organizationID)
    let team = TeamID(stored: change.teamID)
    let user = UserID(stored: change.userID)
    let key = Key(member: user, of: team, in: organization)
    guard try transaction.delete(tables.teamMembers, key.bytes) else { return }
    try transaction.delete(
      tables.userTeams, Key(team: team, ofMember: user, in: organization).bytes)
    try countMembership(user, of: team, in: organization, isMore: false, in: &transaction, tables)
  }

  private func countMembership(
    _ user: UserID, of team: TeamID, in organization: OrganizationID, isMore: Bool,
    in transaction: inout WriteTransaction, _ tables: Tables
  ) throws(StoreError) {
    try Self.count(
      Key(memberCountOf: team, in: organization), isMore: isMore, in: &transaction, tables)
    try Self.count(
      Key(teamCountOf: user, in: organization), isMore: isMore, in: &transaction, tables)
  }
}
