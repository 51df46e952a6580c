internal import Identifiers
internal import Messages

extension Fold {
  mutating func apply(
    _ change: PosternStorageV1.ResourcePut, by actor: PosternStorageV1.Actor?,
    at revision: UInt64, to transaction: inout WriteTransaction, _ tables: Tables
  ) throws(StoreError) {
    let resource = ResourceReference(change)
    let key = Key(resource)
    row.removeAll()
    if let stored = try load(tables.resources, key.bytes, from: transaction) {
      let record = ResourceRecord(stored.bytes)
      ResourceRecord.encode(
        createdRevision: record.createdRevision, updatedRevision: revision,
        creatorUserID: record.creatorUserID, displayName: change.displayName, into: &row)
    } else {
      var creator: UserID?
      if let actor, actor.organizationID.isEqual(to: change.organizationID) {
        creator = UserID(storedOrEmpty: actor.userID)
      }
      ResourceRecord.encode(
        createdRevision: revision, updatedRevision: revision, creatorUserID: creator,
        displayName: change.displayName, into: &row)
    }
    try transaction.put(tables.resources, key: key.bytes, value: row.bytes)
  }

  mutating func apply(
    _ change: PosternStorageV1.ResourceDeleted, to transaction: inout WriteTransaction,
    _ tables: Tables
  ) throws(StoreError) {
    let resource = ResourceReference(change)
    guard try transaction.delete(tables.resources, Key(resource).bytes) else { return }
    let prefix = Key(writersOf: resource)
    try removeAll(tables.writers, prefix: prefix.bytes, in: &transaction) {
      (key, transaction) throws(StoreError) in
      guard let principal = Principal(key: key) else { throw .corrupted("a writer has no kind") }
      try transaction.delete(
        tables.principalResources, Key(resource, writtenBy: principal).bytes)
    }
    try transaction.delete(tables.counts, Key(writerCountOf: resource).bytes)
  }

  mutating func apply(
    _ change: PosternStorageV1.WriterSet, at revision: UInt64,
    to transaction: inout WriteTransaction, _ tables: Tables
  ) throws(StoreError) {
    let resource = ResourceReference(change)
    let principal = principal(user: change.userID, team: change.teamID)
    let key = Key(writer: principal, of: resource)
    if try !transaction.contains(tables.writers, key.bytes) {
      try transaction.put(tables.writers, key: key.bytes, value: Span())
      try transaction.put(
        tables.principalResources, key: Key(resource, writtenBy: principal).bytes, value: Span())
      try Self.count(Key(writerCountOf: resource), isMore: true, in: &transaction, tables)
    }
    try touch(resource, at: revision, in: &transaction, tables)
  }

  mutating func apply(
    _ change: PosternStorageV1.WriterRemoved, at revision: UInt64,
    to transaction: inout WriteTransaction, _ tables: Tables
  ) throws(StoreError) {
    let resource = ResourceReference(change)
    let principal = principal(user: change.userID, team: change.teamID)
    if try transaction.delete(tables.writers, Key(writer: principal, of: resource).bytes) {
      try transaction.delete(
        tables.principalResources, Key(resource, writtenBy: principal).bytes)
      try Self.count(Key(writerCountOf: resource), isMore: false, in: &transaction, tables)
    }
    try touch(resource, at: revision, in: &transaction, tables)
  }

  /// Notes that a resource was changed last at `revision`.
  private mutating func touch(
    _ resource: ResourceReference, at revision: UInt64, in transaction: inout WriteTransaction,
    _ tables: Tables
  ) throws(StoreError) {
    let key = Key(resource)
    guard let stored = try load(tables.resources, key.bytes, from: transaction) else { return }
    let record = ResourceRecord(stored.bytes)
    row.removeAll()
    ResourceRecord.encode(
      createdRevision: record.createdRevision, updatedRevision: revision,
      creatorUserID: record.creatorUserID, displayName: record.displayName, into: &row)
    try transaction.put(tables.resources, key: key.bytes, value: row.bytes)
  }

  /// Takes a principal from among the writers of every resource.
  mutating func removeWriter(
    _ principal: Principal, of organization: OrganizationID,
    in transaction: inout WriteTransaction, _ tables: Tables
  ) throws(StoreError) {
    let prefix = Key(resourcesOf: principal, in: organization)
    try removeAll(tables.principalResources, prefix: prefix.bytes, in: &transaction) {
      (rest, transaction) throws(StoreError) in
      let resource = ResourceReference(in: organization, typeAndID: rest)
      try transaction.delete(tables.writers, Key(writer: principal, of: resource).bytes)
      try Self.count(Key(writerCountOf: resource), isMore: false, in: &transaction, tables)
    }
  }

  @_lifetime(copy user, copy team)
  private func principal(user: Span<UInt8>?, team: Span<UInt8>?) -> Principal {
    if let user { return .user(UserID(stored: user)) }
    guard let team else { preconditionFailure("a writer's entry names a user or a team") }
    return .team(TeamID(stored: team))
  }
}

/// A change of a resource or of its writers.
private protocol ResourceChange: ~Escapable {
  var organizationID: Span<UInt8> { @_lifetime(copy self) get }
  var resourceType: Span<UInt8> { @_lifetime(copy self) get }
  var resourceID: Span<UInt8> { @_lifetime(copy self) get }
}

extension PosternStorageV1.ResourcePut: ResourceChange {}
extension PosternStorageV1.ResourceDeleted: ResourceChange {}
extension PosternStorageV1.WriterSet: ResourceChange {}
extension PosternStorageV1.WriterRemoved: ResourceChange {}

extension ResourceReference {
  @_lifetime(copy change)
  fileprivate init<Change: ResourceChange & ~Escapable>(_ change: Change) {
    self.init(
      in: OrganizationID(stored: change.organizationID),
      type: ResourceTypeName(stored: change.resourceType),
      id: ResourceID(stored: change.resourceID))
  }
}
