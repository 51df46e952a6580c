internal import Messages
internal import Tokens

extension Ledger {
  /// Fills what the tables of the version which wrote last didn't have, in one transaction: once,
  /// or again after that version was started in between.
  func bringTablesUpToDate() throws(StoreError) {
    let reading = try ReadTransaction(environment)
    var head = try head(in: reading)
    guard head.tablesVersion != Tables.version else { return }
    var transaction = try WriteTransaction(environment)
    try fillTokenEnds(reading, &transaction)
    try fillCounts(reading, &transaction)
    try rewriteOrganizations(reading, &transaction)
    head.tablesVersion = Tables.version
    var encoded = ByteBuffer()
    head.write(into: &encoded)
    let key = Self.headKey
    try transaction.put(tables.meta, key.span, encoded.bytes)
    try transaction.commit()
  }

  private func fillTokenEnds(
    _ reading: borrowing ReadTransaction, _ transaction: inout WriteTransaction
  ) throws(StoreError) {
    try transaction.removeAll(tables.tokenEnds)
    var cursor = try reading.cursor(tables.tokens, from: Span())
    while let row = try cursor.next() {
      guard let id = TokenID(bytes: row.key),
        let end = TokenRecord(id, row.value).endNanoseconds
      else { continue }
      try transaction.put(tables.tokenEnds, Key(end: end, id).bytes, Span())
    }
  }

  private func fillCounts(
    _ reading: borrowing ReadTransaction, _ transaction: inout WriteTransaction
  ) throws(StoreError) {
    try transaction.removeAll(tables.counts)
    var members = try reading.cursor(tables.teamMembers, from: Span())
    while let row = try members.next() {
      let first = Self.separator(in: row.key, from: 0)
      let second = Self.separator(in: row.key, from: first + 1)
      let organization = row.key.extracting(0..<first)
      let team = row.key.extracting((first + 1)..<second)
      let user = row.key.extracting((second + 1)..<row.key.count)
      try Fold.count(Key(membersOf: team, organization), isMore: true, &transaction, tables)
      try Fold.count(Key(teamsOf: user, organization), isMore: true, &transaction, tables)
    }
    var tokens = try reading.cursor(tables.ownerTokens, from: Span())
    while let row = try tokens.next() {
      let first = Self.separator(in: row.key, from: 0)
      let second = Self.separator(in: row.key, from: first + 1)
      let owner = row.key.extracting((first + 1)..<second)
      let organization = row.key.extracting(0..<first)
      try Fold.count(Key(tokensOf: owner, organization), isMore: true, &transaction, tables)
    }
    var writers = try reading.cursor(tables.writers, from: Span())
    while let row = try writers.next() {
      let first = Self.separator(in: row.key, from: 0)
      let second = Self.separator(in: row.key, from: first + 1)
      let third = Self.separator(in: row.key, from: second + 1)
      let resource = row.key.extracting((first + 1)..<third)
      let organization = row.key.extracting(0..<first)
      try Fold.count(Key(writersOf: resource, organization), isMore: true, &transaction, tables)
    }
  }

  /// Where the next part of a key ends.
  private static func separator(in key: Span<UInt8>, from start: Int) -> Int {
    var index = start
    while key[index] != 0 { index += 1 }
    return index
  }

  /// Writes the rows of organizations from what the log says of them, and reads none: they may have
  /// another form. A look at every entry takes some seconds for millions of them.
  private func rewriteOrganizations(
    _ reading: borrowing ReadTransaction, _ transaction: inout WriteTransaction
  ) throws(StoreError) {
    var rows: [[UInt8]: FoundOrganization] = [:]
    var arena = Arena(initialBytes: 16 << 10, limits: DecodeLimits(bytes: 16 << 20))
    var cursor = try reading.cursor(tables.log, from: Span())
    while let row = try cursor.next() {
      arena.reset()
      guard let entry = try? PosternStorageV1.Entry(decoding: row.value, in: arena) else {
        throw .corrupted("an entry of the log can't be decoded")
      }
      if let change = entry.organizationCreated {
        rows[Array(copying: change.organizationID)] = FoundOrganization(
          createdRevision: entry.revision, createdAtNanoseconds: entry.timeNanoseconds,
          displayName: Array(copying: change.displayName))
      } else if let change = entry.organizationUpdated {
        rows[Array(copying: change.organizationID)]?.displayName = Array(
          copying: change.displayName)
      } else if let change = entry.organizationDeleted {
        rows[Array(copying: change.organizationID)] = nil
      }
    }
    var users = try reading.cursor(tables.users, from: Span())
    while let row = try users.next() {
      guard UserRecord(row.value).isAdministrator else { continue }
      let end = Self.separator(in: row.key, from: 0)
      rows[Array(copying: row.key.extracting(0..<end))]?.administratorCount += 1
    }
    for (id, found) in rows {
      var row = ByteBuffer()
      OrganizationRecord.write(
        createdAtNanoseconds: found.createdAtNanoseconds,
        administratorCount: found.administratorCount, createdRevision: found.createdRevision,
        displayName: found.displayName.span, into: &row)
      try transaction.put(tables.organizations, id.span, row.bytes)
    }
  }
}

/// What the log and the users say of an organization.
private struct FoundOrganization {
  let createdRevision: UInt64
  let createdAtNanoseconds: Int64
  var displayName: [UInt8]
  var administratorCount: UInt64 = 0
}
