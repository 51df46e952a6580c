internal import Messages

extension Fold {
  mutating func apply(
    _ change: PosternStorageV1.UserInvited, _ revision: UInt64, _ time: Int64,
    _ transaction: inout WriteTransaction, _ tables: Tables
  ) throws(StoreError) {
    row.removeAll()
    UserRecord.write(
      isAdministrator: change.administrator, createdAtNanoseconds: time,
      invitedRevision: revision, encodedRoles: Span(), displayName: change.displayName, into: &row)
    let key = Key(change.organizationID, change.userID)
    try transaction.put(tables.users, key.bytes, row.bytes)
    if change.administrator {
      try countAdministrators(change.organizationID, by: 1, &transaction, tables)
    }
  }

  mutating func apply(
    _ change: PosternStorageV1.UserUpdated, _ transaction: inout WriteTransaction,
    _ tables: Tables
  ) throws(StoreError) {
    let key = Key(change.organizationID, change.userID)
    guard let stored = try load(tables.users, key.bytes, transaction) else { return }
    let user = UserRecord(stored.bytes)
    row.removeAll()
    UserRecord.write(
      isAdministrator: user.isAdministrator, createdAtNanoseconds: user.createdAtNanoseconds,
      invitedRevision: user.invitedRevision, encodedRoles: user.encodedRoles,
      displayName: change.displayName, into: &row)
    try transaction.put(tables.users, key.bytes, row.bytes)
  }

  mutating func apply(
    _ change: PosternStorageV1.AdministratorSet, _ transaction: inout WriteTransaction,
    _ tables: Tables
  ) throws(StoreError) {
    let key = Key(change.organizationID, change.userID)
    guard let stored = try load(tables.users, key.bytes, transaction) else { return }
    let user = UserRecord(stored.bytes)
    guard user.isAdministrator != change.administrator else { return }
    row.removeAll()
    UserRecord.write(
      isAdministrator: change.administrator, createdAtNanoseconds: user.createdAtNanoseconds,
      invitedRevision: user.invitedRevision, encodedRoles: user.encodedRoles,
      displayName: user.displayName, into: &row)
    try transaction.put(tables.users, key.bytes, row.bytes)
    try countAdministrators(
      change.organizationID, by: change.administrator ? 1 : -1, &transaction, tables)
  }

  mutating func apply(
    _ change: PosternStorageV1.UserRolesSet, _ transaction: inout WriteTransaction,
    _ tables: Tables
  ) throws(StoreError) {
    let key = Key(change.organizationID, change.userID)
    guard let stored = try load(tables.users, key.bytes, transaction) else { return }
    let user = UserRecord(stored.bytes)
    var roles = ByteBuffer()
    for index in 0..<change.rolesCount {
      let role = change.roles(at: index)
      roles.append(UInt8(role.count))
      roles.append(role)
    }
    row.removeAll()
    UserRecord.write(
      isAdministrator: user.isAdministrator, createdAtNanoseconds: user.createdAtNanoseconds,
      invitedRevision: user.invitedRevision, encodedRoles: roles.bytes,
      displayName: user.displayName, into: &row)
    try transaction.put(tables.users, key.bytes, row.bytes)
  }

  /// Takes the user out of every team and from among all writers. Its tokens were revoked before.
  mutating func apply(
    _ change: PosternStorageV1.UserDeleted, _ transaction: inout WriteTransaction,
    _ tables: Tables
  ) throws(StoreError) {
    let key = Key(change.organizationID, change.userID)
    guard let stored = try load(tables.users, key.bytes, transaction) else { return }
    let wasAdministrator = UserRecord(stored.bytes).isAdministrator
    try transaction.delete(tables.users, key.bytes)
    if wasAdministrator {
      try countAdministrators(change.organizationID, by: -1, &transaction, tables)
    }
    var prefix = Key(change.organizationID, change.userID)
    prefix.separate()
    try removeAll(tables.userTeams, prefix: prefix.bytes, &transaction) {
      (team, transaction) throws(StoreError) in
      try transaction.delete(
        tables.teamMembers, Key(change.organizationID, team, change.userID).bytes)
      try Self.count(
        Key(membersOf: team, change.organizationID), isMore: false, &transaction, tables)
    }
    try transaction.delete(
      tables.counts, Key(teamsOf: change.userID, change.organizationID).bytes)
    try removeWriter(change.organizationID, .user(change.userID), &transaction, tables)
  }

  mutating func apply(
    _ change: PosternStorageV1.TeamCreated, _ time: Int64,
    _ transaction: inout WriteTransaction, _ tables: Tables
  ) throws(StoreError) {
    row.removeAll()
    TeamRecord.write(createdAtNanoseconds: time, displayName: change.displayName, into: &row)
    try transaction.put(
      tables.teams, Key(change.organizationID, change.teamID).bytes, row.bytes)
  }

  mutating func apply(
    _ change: PosternStorageV1.TeamUpdated, _ transaction: inout WriteTransaction,
    _ tables: Tables
  ) throws(StoreError) {
    let key = Key(change.organizationID, change.teamID)
    guard let stored = try load(tables.teams, key.bytes, transaction) else { return }
    row.removeAll()
    TeamRecord.write(
      createdAtNanoseconds: TeamRecord(stored.bytes).createdAtNanoseconds,
      displayName: change.displayName, into: &row)
    try transaction.put(tables.teams, key.bytes, row.bytes)
  }

  /// Removes the members and takes the team from among all writers.
  mutating func apply(
    _ change: PosternStorageV1.TeamDeleted, _ transaction: inout WriteTransaction,
    _ tables: Tables
  ) throws(StoreError) {
    let key = Key(change.organizationID, change.teamID)
    guard try transaction.delete(tables.teams, key.bytes) else { return }
    var prefix = Key(change.organizationID, change.teamID)
    prefix.separate()
    try removeAll(tables.teamMembers, prefix: prefix.bytes, &transaction) {
      (user, transaction) throws(StoreError) in
      try transaction.delete(
        tables.userTeams, Key(change.organizationID, user, change.teamID).bytes)
      try Self.count(
        Key(teamsOf: user, change.organizationID), isMore: false, &transaction, tables)
    }
    try transaction.delete(
      tables.counts, Key(membersOf: change.teamID, change.organizationID).bytes)
    try removeWriter(change.organizationID, .team(change.teamID), &transaction, tables)
  }

  mutating func apply(
    _ change: PosternStorageV1.TeamMemberAdded, _ transaction: inout WriteTransaction,
    _ tables: Tables
  ) throws(StoreError) {
    let key = Key(change.organizationID, change.teamID, change.userID)
    guard try !transaction.contains(tables.teamMembers, key.bytes) else { return }
    try transaction.put(tables.teamMembers, key.bytes, Span())
    try transaction.put(
      tables.userTeams, Key(change.organizationID, change.userID, change.teamID).bytes, Span())
    try countMembership(
      change.organizationID, change.teamID, change.userID, isMore: true, &transaction, tables)
  }

  mutating func apply(
    _ change: PosternStorageV1.TeamMemberRemoved, _ transaction: inout WriteTransaction,
    _ tables: Tables
  ) throws(StoreError) {
    let key = Key(change.organizationID, change.teamID, change.userID)
    guard try transaction.delete(tables.teamMembers, key.bytes) else { return }
    try transaction.delete(
      tables.userTeams, Key(change.organizationID, change.userID, change.teamID).bytes)
    try countMembership(
      change.organizationID, change.teamID, change.userID, isMore: false, &transaction, tables)
  }

  private func countMembership(
    _ organization: Span<UInt8>, _ team: Span<UInt8>, _ user: Span<UInt8>, isMore: Bool,
    _ transaction: inout WriteTransaction, _ tables: Tables
  ) throws(StoreError) {
    try Self.count(Key(membersOf: team, organization), isMore: isMore, &transaction, tables)
    try Self.count(Key(teamsOf: user, organization), isMore: isMore, &transaction, tables)
  }
}
