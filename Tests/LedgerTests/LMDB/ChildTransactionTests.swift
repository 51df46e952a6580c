internal import Ledger
internal import Testing

@Suite struct ChildTransactionTests {
  private let folder = TemporaryFolder()
  private let environment: Environment
  private let table: Table

  init() throws {
    environment = try Environment(
      folder: folder.path, mapSizeBytes: 1 << 20, maximumTables: 1, maximumReaders: 4)
    table = try environment.openTables(["table"])[0]
  }

  @Test func anUndoneChildLeavesTheParentAsItWas() throws {
    var parent = try WriteTransaction(environment)
    try parent.put(table, "parent", "1")
    let answer = try parent.withChild { child throws(StoreError) -> ChildOutcome<Int> in
      try child.put(table, "child", "2")
      try child.put(table, "parent", "overwritten")
      #expect(try child.entries(table) == ["child=2", "parent=overwritten"])
      return .undo(17)
    }
    #expect(answer == 17)
    #expect(try parent.entries(table) == ["parent=1"])
    try parent.put(table, "after", "3")
    try parent.commit()
    #expect(try ReadTransaction(environment).entries(table) == ["after=3", "parent=1"])
  }

  @Test func aKeptChildIsCommittedWithItsParentOnly() throws {
    var parent = try WriteTransaction(environment)
    let answer = try parent.withChild { child throws(StoreError) -> ChildOutcome<Int> in
      try child.put(table, "child", "2")
      return .keep(18)
    }
    #expect(answer == 18)
    #expect(try parent.entries(table) == ["child=2"])
    #expect(try ReadTransaction(environment).entries(table) == [])
    try parent.commit()
    #expect(try ReadTransaction(environment).entries(table) == ["child=2"])
  }

  @Test func aFullMapInAChildSparesTheParent() throws {
    var parent = try WriteTransaction(environment)
    try parent.put(table, "parent", "1")
    var failure: StoreError?
    do throws(StoreError) {
      try parent.withChild { child throws(StoreError) -> ChildOutcome<Void> in
        for index in 0..<10_000 {
          try child.put(table, "\(index)", String(repeating: "v", count: 1000))
        }
        return .keep(())
      }
    } catch {
      failure = error
    }
    #expect(failure == .full)
    try parent.put(table, "after", "2")
    try parent.commit()
    #expect(try ReadTransaction(environment).entries(table) == ["after=2", "parent=1"])
  }

  /// Random batches of children against a dictionary, through page splits, merges and overflow
  /// pages, which is where nested transactions could go wrong.
  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func childrenAgreeWithAModel(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var committed: [String: String] = [:]
    for _ in 0..<20 {
      var parent = try WriteTransaction(environment)
      var batch = committed
      for _ in 0..<Int.random(in: 1...12, using: &random) {
        batch = try parent.withChild { child throws(StoreError) -> ChildOutcome<[String: String]> in
          var attempt = batch
          for _ in 0..<Int.random(in: 1...20, using: &random) {
            try change(&child, &attempt, &random)
          }
          return Bool.random(using: &random) ? .keep(attempt) : .undo(batch)
        }
        #expect(try parent.entries(table) == Self.sorted(batch))
      }
      if Bool.random(using: &random) {
        try parent.commit()
        committed = batch
      } else {
        _ = consume parent
      }
      #expect(try ReadTransaction(environment).entries(table) == Self.sorted(committed))
    }
  }

  private func change(
    _ transaction: inout WriteTransaction, _ model: inout [String: String],
    _ random: inout SplitMix64
  ) throws(StoreError) {
    let key = "key \(Int.random(in: 100..<200, using: &random))"
    if Int.random(in: 0..<3, using: &random) == 0 {
      let removed = model.removeValue(forKey: key) != nil
      #expect(try transaction.delete(table, key) == removed)
    } else {
      let count = [3, 300, 5000].randomElement(using: &random) ?? 3
      let value = String(repeating: "\(Int.random(in: 0...9, using: &random))", count: count)
      model[key] = value
      try transaction.put(table, key, value)
    }
  }

  private static func sorted(_ model: [String: String]) -> [String] {
    model.map { "\($0.key)=\($0.value)" }.sorted()
  }
}
