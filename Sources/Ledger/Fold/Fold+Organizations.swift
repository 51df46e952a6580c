internal import Identifiers
internal import Messages

extension Fold {
  mutating func apply(
    _ change: PosternStorageV1.OrganizationCreated, at revision: UInt64,
    timeNanoseconds time: Int64,
    to transaction: inout WriteTransaction, _ tables: Tables
  ) throws(StoreError) {
    row.removeAll()
    OrganizationRecord.encode(
      createdAtNanoseconds: time, administratorCount: 0, createdRevision: revision,
      displayName: change.displayName, into: &row)
    try transaction.put(tables.organizations, key: change.organizationID, value: row.bytes)
  }

  mutating func apply(
    _ change: PosternStorageV1.OrganizationUpdated, to transaction: inout WriteTransaction,
    _ tables: Tables
  ) throws(StoreError) {
    guard let stored = try load(tables.organizations, change.organizationID, from: transaction)
    else {
      return
    }
    let record = OrganizationRecord(stored.bytes)
    row.removeAll()
    OrganizationRecord.encode(
      createdAtNanoseconds: record.createdAtNanoseconds,
      administratorCount: record.administratorCount, createdRevision: record.createdRevision,
      displayName: change.displayName, into: &row)
    try transaction.put(tables.organizations, key: change.organizationID, value: row.bytes)
  }

  /// Removes all that the organization holds. Its tokens and its users' were revoked before.
  mutating func apply(
    _ change: PosternStorageV1.OrganizationDeleted, to transaction: inout WriteTransaction,
    _ tables: Tables
  ) throws(StoreError) {
    guard try transaction.delete(tables.organizations, change.organizationID) else { return }
    let organization = OrganizationID(stored: change.organizationID)
    let prefix = Key(within: organization)
    let held = [
      tables.users, tables.teams, tables.teamMembers, tables.userTeams, tables.resources,
      tables.writers, tables.principalResources,
    ]
    for table in held {
      try removeAll(table, prefix: prefix.bytes, in: &transaction) { (_, _) throws(StoreError) in }
    }
    // Not the counts of tokens, which are kept for a while.
    for tag in Key.directoryTags {
      var counts = Key(within: organization)
      counts.append(tag)
      try removeAll(tables.counts, prefix: counts.bytes, in: &transaction) {
        (_, _) throws(StoreError) in
      }
    }
  }

  /// Notes that an organization has more administrators, or fewer.
  mutating func countAdministrators(
    _ organization: OrganizationID, by difference: Int64, in transaction: inout WriteTransaction,
    _ tables: Tables
  ) throws(StoreError) {
    guard let stored = try load(tables.organizations, organization.bytes, from: transaction) else {
      return
    }
    let record = OrganizationRecord(stored.bytes)
    row.removeAll()
    OrganizationRecord.encode(
      createdAtNanoseconds: record.createdAtNanoseconds,
      administratorCount: UInt64(max(0, Int64(clamping: record.administratorCount) + difference)),
      createdRevision: record.createdRevision, displayName: record.displayName, into: &row)
    try transaction.put(tables.organizations, key: organization.bytes, value: row.bytes)
  }
}
