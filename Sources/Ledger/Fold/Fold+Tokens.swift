internal import Identifiers
internal import Messages
internal import Tokens

extension Fold {
  mutating func apply(
    _ change: PosternStorageV1.TokenIssued, at revision: UInt64, timeNanoseconds time: Int64,
    to transaction: inout WriteTransaction, _ tables: Tables
  ) throws(StoreError) {
    guard let id = TokenID(bytes: change.tokenID) else { return }
    row.removeAll()
    TokenRecord.writeIssued(change, revision: revision, timeNanoseconds: time, into: &row)
    try store(id, isNew: true, previousEnd: nil, in: &transaction, tables)
    let organization = OrganizationID(stored: change.organizationID)
    let user = UserID(storedOrEmpty: change.userID)
    try Self.count(
      Key(tokenCountOf: user, in: organization), isMore: true, in: &transaction, tables)
    if !change.name.isEmpty {
      let name = Key(orgTokenNamed: change.name, in: organization)
      try transaction.put(tables.orgTokenNames, key: name.bytes, value: change.tokenID)
    }
  }

  mutating func apply(
    _ change: PosternStorageV1.TokenRevoked, timeNanoseconds time: Int64,
    to transaction: inout WriteTransaction, _ tables: Tables
  ) throws(StoreError) {
    try revoke(change.tokenID, atNanoseconds: time, in: &transaction, tables)
  }

  mutating func apply(
    _ change: PosternStorageV1.TokensRevoked, timeNanoseconds time: Int64,
    to transaction: inout WriteTransaction, _ tables: Tables
  ) throws(StoreError) {
    var start = 0
    while start < change.tokenIDs.count {
      let id = change.tokenIDs.extracting(start..<(start + TokenID.byteCount))
      start += TokenID.byteCount
      try revoke(id, atNanoseconds: time, in: &transaction, tables)
    }
    if change.issuedThroughRevision > 0 {
      try revokeAll(
        issuedThrough: change.issuedThroughRevision, atNanoseconds: time, in: &transaction, tables)
    }
  }

  /// Revokes every token that was issued up to a revision and has not ended. The ids are collected
  /// first: a cursor does not survive a change.
  private mutating func revokeAll(
    issuedThrough revision: UInt64, atNanoseconds time: Int64,
    in transaction: inout WriteTransaction,
    _ tables: Tables
  ) throws(StoreError) {
    var ids: [TokenID] = []
    do {
      var cursor = try transaction.cursor(tables.tokens, from: Span())
      while let row = try cursor.next() {
        guard let id = TokenID(bytes: row.key) else { continue }
        let record = TokenRecord(id, row.value)
        guard record.issuedRevision <= revision, record.endNanoseconds ?? .max > time else {
          continue
        }
        ids.append(id)
      }
    }
    for id in ids {
      let bytes = id.bytes
      try revoke(bytes.span, atNanoseconds: time, in: &transaction, tables)
    }
  }

  /// Marks a token as revoked and frees the name of an org token.
  mutating func revoke(
    _ id: Span<UInt8>, atNanoseconds time: Int64, in transaction: inout WriteTransaction,
    _ tables: Tables
  ) throws(StoreError) {
    guard let id = TokenID(bytes: id), let stored = try load(id, from: transaction, tables) else {
      return
    }
    let record = TokenRecord(id, stored.bytes)
    guard !record.isRevoked else { return }
    try freeName(of: record, in: &transaction, tables)
    row.removeAll()
    record.writeRevoked(atNanoseconds: time, into: &row)
    try store(id, previousEnd: record.endNanoseconds, in: &transaction, tables)
  }

  mutating func apply(
    _ change: PosternStorageV1.TokenUpdated, timeNanoseconds time: Int64,
    to transaction: inout WriteTransaction, _ tables: Tables
  ) throws(StoreError) {
    guard let id = TokenID(bytes: change.tokenID),
      let stored = try load(id, from: transaction, tables)
    else { return }
    let record = TokenRecord(id, stored.bytes)
    if change.changed & UInt32(TokenChanges.name.rawValue) != 0 {
      try freeName(of: record, in: &transaction, tables)
      let name = Key(orgTokenNamed: change.name, in: record.organizationID)
      try transaction.put(tables.orgTokenNames, key: name.bytes, value: change.tokenID)
    }
    row.removeAll()
    record.writeUpdated(change, timeNanoseconds: time, into: &row)
    try store(id, previousEnd: record.endNanoseconds, in: &transaction, tables)
  }

  mutating func apply(
    _ change: PosternStorageV1.TokenRotated, timeNanoseconds time: Int64,
    to transaction: inout WriteTransaction, _ tables: Tables
  ) throws(StoreError) {
    guard let id = TokenID(bytes: change.tokenID),
      let stored = try load(id, from: transaction, tables)
    else { return }
    let record = TokenRecord(id, stored.bytes)
    row.removeAll()
    record.writeRotated(change, timeNanoseconds: time, into: &row)
    try store(id, previousEnd: record.endNanoseconds, in: &transaction, tables)
  }

  /// Removes tokens with all that refers to them. An unknown token is as inactive as an ended one,
  /// so nothing that was refused before is allowed after.
  mutating func apply(
    _ change: PosternStorageV1.TokensSwept, to transaction: inout WriteTransaction,
    _ tables: Tables
  ) throws(StoreError) {
    var start = 0
    while start < change.tokenIDs.count {
      let bytes = change.tokenIDs.extracting(start..<(start + TokenID.byteCount))
      start += TokenID.byteCount
      guard let id = TokenID(bytes: bytes) else { return }
      guard let stored = try load(id, from: transaction, tables) else { continue }
      let record = TokenRecord(id, stored.bytes)
      try freeName(of: record, in: &transaction, tables)
      try transaction.delete(
        tables.ownerTokens, Key(id, of: record.userID, in: record.organizationID).bytes)
      try Self.count(
        Key(tokenCountOf: record.userID, in: record.organizationID), isMore: false,
        in: &transaction,
        tables)
      if let end = record.endNanoseconds {
        try transaction.delete(tables.tokenEnds, Key(end: end, id).bytes)
      }
      try transaction.delete(tables.tokens, bytes)
    }
  }

  private func load(
    _ id: TokenID, from transaction: borrowing WriteTransaction, _ tables: Tables
  ) throws(StoreError) -> ByteBuffer? {
    let bytes = id.bytes
    return try load(tables.tokens, bytes.span, from: transaction)
  }

  /// Frees the name that an org token holds, unless another token has it since.
  private func freeName(
    of record: TokenRecord, in transaction: inout WriteTransaction, _ tables: Tables
  ) throws(StoreError) {
    guard !record.name.isEmpty else { return }
    let name = Key(orgTokenNamed: record.name, in: record.organizationID)
    let id = record.id.bytes
    let isHeld =
      try transaction.get(tables.orgTokenNames, name.bytes)?.isEqual(to: id.span) ?? false
    if isHeld { try transaction.delete(tables.orgTokenNames, name.bytes) }
  }

  /// Stores the row that was written, moves the token in the table by end, and notes its end among
  /// the tokens of its owner.
  private func store(
    _ id: TokenID, isNew: Bool = false, previousEnd: Int64?, in transaction: inout WriteTransaction,
    _ tables: Tables
  ) throws(StoreError) {
    let bytes = id.bytes
    let record = TokenRecord(id, row.bytes)
    let end = record.endNanoseconds
    if isNew || end != previousEnd {
      let owner = Key(id, of: record.userID, in: record.organizationID)
      let number = UInt64(bitPattern: end ?? .max)
      let ends = InlineArray<8, UInt8> { UInt8(truncatingIfNeeded: number >> (8 * UInt64($0))) }
      try transaction.put(tables.ownerTokens, key: owner.bytes, value: ends.span)
    }
    if end != previousEnd {
      if let previousEnd {
        try transaction.delete(tables.tokenEnds, Key(end: previousEnd, id).bytes)
      }
      if let end {
        try transaction.put(tables.tokenEnds, key: Key(end: end, id).bytes, value: Span())
      }
    }
    try transaction.put(tables.tokens, key: bytes.span, value: row.bytes)
  }
}
