internal import Identifiers
internal import Ledger
internal import Messages
internal import TestSupport
internal import Testing
internal import Tokens

/// How many members a team, teams a user, writers a resource and tokens a user or an organization
/// have, which the fold counts.
@Suite struct CountTests {
  /// After any history each count is that of its rows, and there is no other.
  @Test(arguments: 1...6 as ClosedRange<UInt64>)
  func followTheRows(_ seed: UInt64) throws {
    let folder = TemporaryFolder()
    let ledger = try Self.filled(folder, seed: seed)
    var snapshot = try ledger.makeSnapshot()
    try snapshot.refresh(at: LedgerTime(nanoseconds: 0))
    let counts = Self.counts(snapshot)
    #expect(counts == Self.expected(snapshot))
    #expect(counts.count > 5)
  }

  /// So is the count of administrators, which the row of the organization holds.
  @Test(arguments: 1...12 as ClosedRange<UInt64>)
  func ofAdministratorsFollowsTheUsers(_ seed: UInt64) throws {
    let folder = TemporaryFolder()
    let ledger = try Self.filled(folder, seed: seed)
    var snapshot = try ledger.makeSnapshot()
    try snapshot.refresh(at: LedgerTime(nanoseconds: 0))
    var expected: [String: UInt64] = [:]
    var userCount = 0
    snapshot.forEachRow(snapshot.tables.users, prefix: Span()) { key, _ in
      let parts = Self.parts(key)
      let (organization, id) = (Array(parts[0].utf8), Array(parts[1].utf8))
      let user = snapshot.user(
        OrganizationID(stored: organization.span), UserID(stored: id.span))
      expected[parts[0], default: 0] += user?.isAdministrator == true ? 1 : 0
      userCount += 1
      return true
    }
    snapshot.forEachRow(snapshot.tables.organizations, prefix: Span()) { key, _ in
      let count = snapshot.organization(OrganizationID(stored: key))?.administratorCount
      let name = Self.parts(key)[0]
      #expect(count == expected[name, default: 0], "\(name), seed \(seed)")
      return true
    }
    #expect(userCount > 1)
  }

  /// A ledger of a version that counted nothing is counted when it is opened.
  @Test func areMadeForAnOlderLedger() throws {
    let folder = TemporaryFolder()
    var expected: [String: Int] = [:]
    do {
      let ledger = try Self.filled(folder, seed: 7)
      var snapshot = try ledger.makeSnapshot()
      try snapshot.refresh(at: LedgerTime(nanoseconds: 0))
      expected = Self.expected(snapshot)
    }
    do {
      let environment = try Environment(
        folder: folder.path, mapSizeBytes: 64 << 20, maximumTables: 2, maximumReaders: 8)
      let tables = try environment.openTables(["meta", "counts"])
      var transaction = try WriteTransaction(environment)
      try transaction.removeAll(tables[1])
      let key = Array("head".utf8)
      let head = headOfOtherTables(try Self.row(tables[0], key, transaction))
      try transaction.put(tables[0], key: key.span, value: head.span)
      try transaction.commit()
    }
    let ledger = try Ledger(folder: folder.path, mapSizeBytes: 64 << 20, readers: 8)
    var snapshot = try ledger.makeSnapshot()
    try snapshot.refresh(at: LedgerTime(nanoseconds: 0))
    #expect(Self.counts(snapshot) == expected)
  }

  /// The parts of a key of text.
  private static func parts(_ key: Span<UInt8>) -> [String] {
    String(decoding: Array(copying: key), as: UTF8.self)
      .split(separator: "\0", omittingEmptySubsequences: false).map(String.init)
  }

  /// The counts as they are stored, by their keys.
  private static func counts(_ snapshot: borrowing Snapshot) -> [String: Int] {
    var counts: [String: Int] = [:]
    snapshot.forEachRow(snapshot.tables.counts, prefix: Span()) { key, row in
      var count = 0
      for index in row.indices.reversed() { count = count << 8 | Int(row[index]) }
      counts[String(decoding: Array(copying: key), as: UTF8.self)] = count
      return true
    }
    return counts
  }

  /// The expected counts.
  private static func expected(_ snapshot: borrowing Snapshot) -> [String: Int] {
    var counts: [String: Int] = [:]
    for (table, tag, depth) in [
      (snapshot.tables.teamMembers, "m", 2), (snapshot.tables.userTeams, "t", 2),
      (snapshot.tables.writers, "w", 3), (snapshot.tables.ownerTokens, "k", 2),
    ] {
      snapshot.forEachRow(table, prefix: Span()) { key, _ in
        let text = String(decoding: Array(copying: key), as: UTF8.self)
        let parts = text.split(separator: "\0", omittingEmptySubsequences: false)
        let owner = parts[1..<depth].joined(separator: "\0")
        counts["\(parts[0])\0\(tag)\(owner)", default: 0] += 1
        return true
      }
    }
    return counts
  }

  private static func filled(_ folder: TemporaryFolder, seed: UInt64) throws -> Ledger {
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

  private static func row(
    _ table: Table, _ key: [UInt8], _ transaction: borrowing WriteTransaction
  ) throws -> [UInt8] {
    guard let row = try transaction.get(table, key.span) else { return [] }
    return Array(copying: row)
  }
}
