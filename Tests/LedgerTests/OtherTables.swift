internal import Ledger
internal import Messages
internal import Platform
internal import TestSupport
internal import Tokens

/// The head of a ledger, as a version whose tables have another number would have written it. Such
/// a ledger gets its tables made anew when it is opened.
func headOfOtherTables(_ head: [UInt8]) -> [UInt8] {
  var head = head
  // Byte 48 is the number of the tables; the last four are the checksum of those before.
  head[48] &+= 1
  let checksum = CRC32C.checksum(head.span.extracting(0..<61))
  for index in 0..<4 {
    head[61 + index] = UInt8(truncatingIfNeeded: checksum >> (8 * UInt32(index)))
  }
  return head
}

/// A ledger with 40 batches of a random history.
func makeFilledLedger(in folder: TemporaryFolder, seed: UInt64) throws -> Ledger {
  let ledger = try Ledger(folder: folder.path, mapSizeBytes: 64 << 20, readers: 8)
  var history = LedgerHistory(seed: seed)
  var generator = TokenIDGenerator()
  for batch in 0..<40 {
    var draft = try ledger.makeDraft(
      at: LedgerTime(nanoseconds: 1_000_000_000 * Int64(batch)), identifiers: generator)
    history.append(30, to: &draft)
    generator = try draft.commit()
  }
  return ledger
}

/// Makes a closed ledger one of a version with other tables, which lacks the rows of this one, and
/// may have left a row in it.
func emptyTable(
  _ name: String, ofLedgerIn folder: TemporaryFolder, leaving staleRow: [UInt8]? = nil
) throws {
  let environment = try Environment(
    folder: folder.path, mapSizeBytes: 64 << 20, maximumTables: 2, maximumReaders: 8)
  let tables = try environment.openTables(["meta", name])
  var transaction = try WriteTransaction(environment)
  try transaction.removeAll(tables[1])
  if let staleRow { try transaction.put(tables[1], key: staleRow.span, value: Span()) }
  let key = Array("head".utf8)
  guard let stored = try transaction.get(tables[0], key.span) else {
    throw StoreError.corrupted("there is no head")
  }
  let head = headOfOtherTables(Array(copying: stored))
  try transaction.put(tables[0], key: key.span, value: head.span)
  try transaction.commit()
}
