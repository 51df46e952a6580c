internal import Messages
internal import Tokens

extension Ledger {
  /// Adds uses to what is stored, in one transaction that is on the disk when this returns. Only
  /// the writer's thread may, between two batches. `methods` are the names of the methods by index.
  ///
  /// - Throws: `StoreError`; `full` also while there is little room left: that is for changes.
  package func add(_ uses: [TokenUse], methods: [[UInt8]]) throws(StoreError) {
    guard try makeRoom().hasMuch else { throw .full }
    var transaction = try WriteTransaction(environment)
    var row = ByteBuffer()
    for use in uses {
      // Gone since, or never there.
      guard let rotatedAt = try rotation(of: use.tokenID, transaction) else { continue }
      let id = use.tokenID.bytes
      var key = Key(id.span)
      key.append(bigEndian: UInt64(use.day) << 32 | UInt64(use.userID))
      let method = methods[use.method]
      key.append(method.span)
      row.removeAll()
      try writeRow(key, adding: use, as: transaction, into: &row)
      try transaction.put(tables.usage, key: key.bytes, value: row.bytes)
      var usage = try usage(of: use.tokenID, transaction)
      usage.add(use, rotatedAtNanoseconds: rotatedAt)
      row.removeAll()
      usage.encode(into: &row)
      try transaction.put(tables.tokenUsage, key: id.span, value: row.bytes)
    }
    try transaction.commit()
  }

  /// Writes the row under a key as it is in a transaction, with further uses. A function of its
  /// own: the row that it borrows must be let go before the transaction can change.
  private func writeRow(
    _ key: borrowing Key, adding use: TokenUse, as transaction: borrowing WriteTransaction,
    into row: inout ByteBuffer
  ) throws(StoreError) {
    UsageRow.encode(use, addedTo: try transaction.get(tables.usage, key.bytes), into: &row)
  }

  /// When a token was rotated last, zero for never; nil without such a token.
  private func rotation(
    of id: TokenID, _ transaction: borrowing WriteTransaction
  ) throws(StoreError) -> Int64? {
    let key = id.bytes
    do throws(StoreError) {
      guard let row = try transaction.get(tables.tokens, key.span) else { return nil }
      return TokenRecord(id, row).rotatedAtNanoseconds
    } catch {
      guard case .damagedRow = error else { throw error }
      // Its uses are no reason to stop.
      return nil
    }
  }

  private func usage(
    of id: TokenID, _ transaction: borrowing WriteTransaction
  ) throws(StoreError) -> TokenUsage {
    let key = id.bytes
    guard let row = try transaction.get(tables.tokenUsage, key.span) else { return TokenUsage() }
    return TokenUsage(row: row)
  }

  /// Takes a step of a walk through all usage, which looks at `limit` rows at most and removes
  /// those of days that are kept no longer, and of tokens that are no more. Only the writer's
  /// thread may.
  ///
  /// How old a day is, `time` says, or the log's own if that is later. It must be a time that is
  /// certain: one in the future would remove everything. Returns whether the walk goes on.
  package func pruneUsage(
    _ walk: inout UsageWalk, at time: LedgerTime, retentionDays: Int, limit: Int
  ) throws(StoreError) -> Bool {
    var transaction = try WriteTransaction(environment)
    let now = try time.atLeast(head(in: transaction).timeNanoseconds).nanoseconds
    let table = walk.isInSummaries ? tables.tokenUsage : tables.usage
    let oldest = UInt16(clamping: Int(UsageDay.number(ofNanoseconds: now)) - retentionDays)
    var doomed: [[UInt8]] = []
    var looked = 0
    var isAtEnd = true
    do {
      var cursor = try transaction.cursor(table, from: walk.position.span)
      while let row = try cursor.next() {
        if looked == limit {
          walk.position = Array(copying: row.key)
          isAtEnd = false
          break
        }
        looked += 1
        let id = row.key.extracting(first: TokenID.byteCount)
        var isKept = try transaction.contains(tables.tokens, id)
        if isKept, !walk.isInSummaries, retentionDays > 0 {
          let rest = row.key.extracting(TokenID.byteCount..<row.key.count)
          isKept = UsageRow(key: rest, row.value).day >= oldest
        }
        if !isKept { doomed.append(Array(copying: row.key)) }
      }
    }
    if !doomed.isEmpty {
      for key in doomed { try transaction.delete(table, key.span) }
      try transaction.commit()
    }
    if isAtEnd { walk.endTable() }
    return !walk.isAtBeginning
  }
}

/// Where a walk through all usage goes on: first through the days, then through the summaries.
package struct UsageWalk: Sendable {
  var isInSummaries = false
  /// The key of the next row; empty at the beginning of a table.
  var position: [UInt8] = []

  /// A walk from the beginning.
  package init() {}

  var isAtBeginning: Bool { !isInSummaries && position.isEmpty }

  mutating func endTable() {
    isInSummaries.toggle()
    position = []
  }
}
