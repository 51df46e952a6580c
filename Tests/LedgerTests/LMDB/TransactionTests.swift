@testable internal import Ledger
internal import Synchronization
internal import TestSupport
internal import Testing

@Suite struct TransactionTests {
  private let folder = TemporaryFolder()
  private let environment: Environment
  private let table: Table

  init() throws {
    environment = try Environment(
      folder: folder.path, mapSizeBytes: 1 << 20, maximumTables: 1, maximumReaders: 4)
    table = try environment.openTables(["table"])[0]
  }

  @Test func getsTheValueThatWasPut() throws {
    var transaction = try WriteTransaction(environment)
    try transaction.put(table, "k", "first")
    try transaction.put(table, "k", "second")
    try transaction.put(table, "empty", "")
    #expect(try transaction.text(table, "k") == "second")
    #expect(try transaction.text(table, "empty") == "")
    #expect(try transaction.text(table, "missing") == nil)
    #expect(try transaction.entryCount(table) == 2)
  }

  @Test func deleteTellsWhetherThereWasSomething() throws {
    var transaction = try WriteTransaction(environment)
    try transaction.put(table, "k", "v")
    #expect(try transaction.delete(table, "k"))
    #expect(try !transaction.delete(table, "k"))
    #expect(try transaction.text(table, "k") == nil)
    #expect(try transaction.entryCount(table) == 0)
  }

  @Test(arguments: [0, 512])
  func aKeyOfThisLengthIsRefused(byteCount: Int) throws {
    let key = String(repeating: "k", count: byteCount)
    var transaction = try WriteTransaction(environment)
    var refusal: StoreError?
    do throws(StoreError) {
      try transaction.put(table, key, "v")
    } catch {
      refusal = error
    }
    #expect(refusal == .keyLength(byteCount))
    #expect(try transaction.text(table, key) == nil)
    #expect(try !transaction.delete(table, key))
    // A refused key is no failure of the transaction.
    try transaction.put(table, String(repeating: "k", count: 511), "v")
    try transaction.commit()
  }

  /// Whatever begins next aborts a transaction that is set aside, and it can be taken back once.
  @Test func aParkedTransactionHindersNoWriter() throws {
    for isTakenBack in [true, false] {
      var first = try WriteTransaction(environment)
      try first.put(table, "k", "first \(isTakenBack)")
      let number = first.park()
      if !isTakenBack {
        var second = try WriteTransaction(environment)
        try second.put(table, "k", "second")
        try second.commit()
      }
      #expect(try commit(parked: number) == isTakenBack)
      #expect(try !commit(parked: number))
      let reading = try ReadTransaction(environment)
      #expect(try reading.text(table, "k") == (isTakenBack ? "first true" : "second"))
    }
  }

  private func commit(parked number: UInt64) throws -> Bool {
    guard
      let transaction = WriteTransaction(environment, parked: number, isKeptElsewhere: false)
    else { return false }
    try transaction.commit()
    return true
  }

  @Test func entriesComeInByteOrder() throws {
    var transaction = try WriteTransaction(environment)
    for key in ["b", "a", "c", "ab", "\u{7f}", "B"] { try transaction.put(table, key, "") }
    #expect(try transaction.entries(table) == ["B=", "a=", "ab=", "b=", "c=", "\u{7f}="])
    #expect(try transaction.entries(table, from: "aa") == ["ab=", "b=", "c=", "\u{7f}="])
    #expect(try transaction.entries(table, from: "\u{7f}\u{7f}") == [])
  }

  @Test func iterationStopsWhenTold() throws {
    var transaction = try WriteTransaction(environment)
    for key in ["a", "b", "c"] { try transaction.put(table, key, "") }
    var seen = 0
    try transaction.forEach(table, from: Span()) { _, _ in
      seen += 1
      return seen < 2
    }
    #expect(seen == 2)
  }

  @Test func aPrefixIsRespected() throws {
    var transaction = try WriteTransaction(environment)
    for key in ["a", "b", "b1", "b2", "c", "b\u{7f}"] { try transaction.put(table, key, "") }
    let prefix = Array("b".utf8)
    var keys: [String] = []
    try transaction.forEach(table, prefix: prefix.span) { key, _ in
      keys.append(String(copying: key))
      return true
    }
    #expect(keys == ["b", "b1", "b2", "b\u{7f}"])
  }

  @Test func aCursorSeeksAgain() throws {
    var transaction = try WriteTransaction(environment)
    for key in ["a", "b", "c"] { try transaction.put(table, key, "") }
    var cursor = try transaction.cursor(table, from: Array("z".utf8).span)
    for _ in 0..<2 {
      let isAtEnd = try cursor.next() == nil
      #expect(isAtEnd)
    }
    try cursor.seek(Array("b".utf8).span)
    var keys: [String] = []
    while let entry = try cursor.next() { keys.append(String(copying: entry.key)) }
    #expect(keys == ["b", "c"])
  }

  @Test func theLastEntry() throws {
    var transaction = try WriteTransaction(environment)
    let none = try lastText(transaction)
    #expect(none == nil)
    try transaction.put(table, "b", "2")
    try transaction.put(table, "a", "1")
    let last = try lastText(transaction)
    #expect(last == "b=2")
  }

  private func lastText(_ transaction: borrowing WriteTransaction) throws -> String? {
    guard let entry = try transaction.last(table) else { return nil }
    return String(copying: entry.key) + "=" + String(copying: entry.value)
  }

  @Test func appendKeepsTheOrder() throws {
    var transaction = try WriteTransaction(environment)
    try transaction.append(table, "a", "1")
    try transaction.append(table, "b", "2")
    try transaction.commit()
    for key in ["b", "aa"] {
      #expect(throws: StoreError.outOfOrder) {
        var transaction = try WriteTransaction(environment)
        try transaction.append(table, key, "3")
      }
    }
    #expect(try ReadTransaction(environment).entries(table) == ["a=1", "b=2"])
  }

  @Test func aReaderSeesOneStateUntilRenewed() throws {
    var reader = try ReadTransaction(environment)
    var writer = try WriteTransaction(environment)
    try writer.put(table, "k", "new")
    #expect(try reader.text(table, "k") == nil)
    try writer.commit()
    #expect(try reader.text(table, "k") == nil)
    try reader.renew()
    #expect(try reader.text(table, "k") == "new")
    reader.reset()
    reader.reset()
    try reader.renew()
    #expect(try reader.text(table, "k") == "new")
  }

  @Test func aReadBelongsToItsObjectNotItsThread() throws {
    var writer = try WriteTransaction(environment)
    try writer.put(table, "k", "1")
    try writer.commit()
    let old = try ReadTransaction(environment)
    var next = try WriteTransaction(environment)
    try next.put(table, "k", "2")
    try next.commit()
    let new = try ReadTransaction(environment)
    #expect(try old.text(table, "k") == "1")
    #expect(try new.text(table, "k") == "2")
  }

  @Test func concurrentReadersSeeWholeCommitsOnly() async throws {
    let environment = environment
    let table = table
    try await withThrowingTaskGroup(of: Bool.self) { group in
      group.addTask {
        for round in 1...50 {
          var writer = try WriteTransaction(environment)
          try writer.put(table, "a", "\(round)")
          try writer.put(table, "b", "\(round)")
          try writer.commit()
        }
        return true
      }
      for _ in 0..<2 {
        group.addTask {
          var reader = try ReadTransaction(environment)
          var isWhole = true
          for _ in 0..<500 {
            try reader.renew()
            isWhole = try isWhole && reader.text(table, "a") == reader.text(table, "b")
          }
          return isWhole
        }
      }
      for try await isWhole in group { #expect(isWhole) }
    }
    #expect(try ReadTransaction(environment).entries(table) == ["a=50", "b=50"])
  }

  @Test func aReaderKeepsItsEnvironmentOpen() throws {
    let other = TemporaryFolder()
    func reader() throws -> ReadTransaction {
      let environment = try Environment(
        folder: other.path, mapSizeBytes: 1 << 20, maximumTables: 1, maximumReaders: 4)
      _ = try environment.openTables(["t"])
      return try ReadTransaction(environment)
    }
    #expect(try reader().text(table, "k") == nil)
  }
}
