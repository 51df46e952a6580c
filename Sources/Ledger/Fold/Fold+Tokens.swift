internal import Messages
internal import Tokens

extension Fold {
  mutating func apply(
    _ change: PosternStorageV1.TokenIssued, _ revision: UInt64, _ time: Int64,
    _ transaction: inout WriteTransaction, _ tables: Tables
  ) throws(StoreError) {
    row.removeAll()
    TokenRecord.write(change, revision: revision, timeNanoseconds: time, into: &row)
    try transaction.put(tables.tokens, change.tokenID, row.bytes)
    let owner = Key(change.organizationID, change.userID, change.tokenID)
    try transaction.put(tables.ownerTokens, owner.bytes, Span())
    if !change.name.isEmpty {
      let name = Key(change.organizationID, change.name)
      try transaction.put(tables.orgTokenNames, name.bytes, change.tokenID)
    }
  }

  mutating func apply(
    _ change: PosternStorageV1.TokenRevoked, _ time: Int64,
    _ transaction: inout WriteTransaction, _ tables: Tables
  ) throws(StoreError) {
    try revoke(change.tokenID, time, &transaction, tables)
  }

  /// Marks a token as revoked and frees the name of an org token.
  mutating func revoke(
    _ id: Span<UInt8>, _ time: Int64, _ transaction: inout WriteTransaction, _ tables: Tables
  ) throws(StoreError) {
    guard let identifier = TokenID(bytes: id),
      let stored = try load(tables.tokens, id, transaction)
    else { return }
    let bytes = stored.bytes
    let record = TokenRecord(identifier, bytes)
    guard !record.isRevoked else { return }
    row.removeAll()
    let (flags, revokedAt) = (TokenRecord.flagsOffset, TokenRecord.revokedAtOffset)
    row.append(bytes.extracting(0..<flags))
    row.append(bytes[flags] | TokenRecord.isRevoked)
    row.append(bytes.extracting((flags + 1)..<revokedAt))
    row.append(littleEndian: UInt64(bitPattern: time))
    row.append(bytes.extracting((revokedAt + 8)..<bytes.count))
    if !record.name.isEmpty {
      let name = Key(record.organizationID, record.name)
      try transaction.delete(tables.orgTokenNames, name.bytes)
    }
    try transaction.put(tables.tokens, id, row.bytes)
  }
}
