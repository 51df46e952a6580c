internal import Messages

extension Fold {
  mutating func apply(
    _ change: PosternStorageV1.ResourcePut, by actor: PosternStorageV1.Actor?,
    _ revision: UInt64, _ transaction: inout WriteTransaction, _ tables: Tables
  ) throws(StoreError) {
    let key = Key(change.organizationID, change.resourceType, change.resourceID)
    row.removeAll()
    if let stored = try load(tables.resources, key.bytes, transaction) {
      let record = ResourceRecord(stored.bytes)
      ResourceRecord.write(
        createdRevision: record.createdRevision, updatedRevision: revision,
        creatorUserID: record.creatorUserID, displayName: change.displayName, into: &row)
    } else {
      var creator = Span<UInt8>()
      if let actor, actor.organizationID.isEqual(to: change.organizationID) {
        creator = actor.userID
      }
      ResourceRecord.write(
        createdRevision: revision, updatedRevision: revision, creatorUserID: creator,
        displayName: change.displayName, into: &row)
    }
    try transaction.put(tables.resources, key.bytes, row.bytes)
  }

  mutating func apply(
    _ change: PosternStorageV1.ResourceDeleted, _ transaction: inout WriteTransaction,
    _ tables: Tables
  ) throws(StoreError) {
    let (organization, type, id) = (change.organizationID, change.resourceType, change.resourceID)
    let key = Key(organization, type, id)
    guard try transaction.delete(tables.resources, key.bytes) else { return }
    var prefix = Key(organization, type, id)
    prefix.separate()
    try removeAll(tables.writers, prefix: prefix.bytes, &transaction) {
      (principal, transaction) throws(StoreError) in
      var reverse = Key(organization)
      reverse.separate()
      reverse.append(principal)
      reverse.separate()
      reverse.append(type)
      reverse.separate()
      reverse.append(id)
      try transaction.delete(tables.principalResources, reverse.bytes)
    }
    try transaction.delete(tables.counts, Key(writersOf: id, type, organization).bytes)
  }

  mutating func apply(
    _ change: PosternStorageV1.WriterSet, _ revision: UInt64,
    _ transaction: inout WriteTransaction, _ tables: Tables
  ) throws(StoreError) {
    let (organization, type, id) = (change.organizationID, change.resourceType, change.resourceID)
    let principal = principal(user: change.userID, team: change.teamID)
    let key = Key(organization, type, id, principal)
    if try !transaction.contains(tables.writers, key.bytes) {
      try transaction.put(tables.writers, key.bytes, Span())
      try transaction.put(
        tables.principalResources, Key(organization, principal, type, id).bytes, Span())
      try Self.count(Key(writersOf: id, type, organization), isMore: true, &transaction, tables)
    }
    try touch(Key(organization, type, id), revision, &transaction, tables)
  }

  mutating func apply(
    _ change: PosternStorageV1.WriterRemoved, _ revision: UInt64,
    _ transaction: inout WriteTransaction, _ tables: Tables
  ) throws(StoreError) {
    let (organization, type, id) = (change.organizationID, change.resourceType, change.resourceID)
    let principal = principal(user: change.userID, team: change.teamID)
    if try transaction.delete(tables.writers, Key(organization, type, id, principal).bytes) {
      try transaction.delete(
        tables.principalResources, Key(organization, principal, type, id).bytes)
      try Self.count(Key(writersOf: id, type, organization), isMore: false, &transaction, tables)
    }
    try touch(Key(organization, type, id), revision, &transaction, tables)
  }

  /// Notes that a resource was changed last at `revision`.
  private mutating func touch(
    _ key: borrowing Key, _ revision: UInt64, _ transaction: inout WriteTransaction,
    _ tables: Tables
  ) throws(StoreError) {
    guard let stored = try load(tables.resources, key.bytes, transaction) else { return }
    let record = ResourceRecord(stored.bytes)
    row.removeAll()
    ResourceRecord.write(
      createdRevision: record.createdRevision, updatedRevision: revision,
      creatorUserID: record.creatorUserID, displayName: record.displayName, into: &row)
    try transaction.put(tables.resources, key.bytes, row.bytes)
  }

  /// Takes a principal from among the writers of every resource.
  mutating func removeWriter(
    _ organization: Span<UInt8>, _ principal: Principal, _ transaction: inout WriteTransaction,
    _ tables: Tables
  ) throws(StoreError) {
    let prefix = Key(organization, principal)
    try removeAll(tables.principalResources, prefix: prefix.bytes, &transaction) {
      (resource, transaction) throws(StoreError) in
      var key = Key(organization)
      key.separate()
      key.append(resource)
      key.separate()
      key.append(principal.tag)
      key.append(principal.id)
      try transaction.delete(tables.writers, key.bytes)
      try Self.count(Key(writersOf: resource, organization), isMore: false, &transaction, tables)
    }
  }

  @_lifetime(copy user, copy team)
  private func principal(user: Span<UInt8>?, team: Span<UInt8>?) -> Principal {
    if let user { return .user(user) }
    guard let team else { preconditionFailure("a writer's entry names a user or a team") }
    return .team(team)
  }
}
