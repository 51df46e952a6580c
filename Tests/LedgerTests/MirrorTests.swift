internal import Identifiers
internal import Ledger
internal import Messages
internal import TestSupport
internal import Testing
internal import Tokens

/// The tables that mirror another one, for searches from the other side.
@Suite struct MirrorTests {
  @Test(arguments: 1...8 as ClosedRange<UInt64>) func agreeWithTheOther(_ seed: UInt64) throws {
    let folder = TemporaryFolder()
    let ledger = try Ledger(folder: folder.path, mapSizeBytes: 64 << 20, readers: 8)
    var history = LedgerHistory(seed: seed)
    var generator = TokenIDGenerator()
    var compared = 0
    for batch in 0..<40 {
      var draft = try ledger.makeDraft(
        at: LedgerTime(nanoseconds: 1_000_000_000 * Int64(batch)), identifiers: generator)
      history.append(30, to: &draft)
      generator = try draft.commit()
      if batch % 4 == 3 { compared += try compare(ledger) }
    }
    #expect(compared > 50)
  }

  /// Compares the tables, and says how many rows of the rarer kinds there were.
  private func compare(_ ledger: Ledger) throws -> Int {
    var snapshot = try ledger.makeSnapshot()
    try snapshot.refresh(at: LedgerTime(nanoseconds: 0))
    let tables = snapshot.tables

    let members = Self.keys(tables.teamMembers, snapshot).map(Self.parts)
    let teams = Self.keys(tables.userTeams, snapshot).map(Self.parts)
    #expect(Set(members) == Set(teams.map { [$0[0], $0[2], $0[1]] }))
    let writers = Self.keys(tables.writers, snapshot).map(Self.parts)
    let items = Self.keys(tables.principalResources, snapshot).map(Self.parts)
    #expect(Set(writers) == Set(items.map { [$0[0], $0[2], $0[3], $0[1]] }))

    var owned: [[UInt8]: Int64] = [:]
    var named: Set<[UInt8]> = []
    for key in Self.keys(tables.tokens, snapshot) {
      guard let id = TokenID(bytes: key.span), let token = snapshot.token(id) else {
        Issue.record("a row that is no token's")
        continue
      }
      let organization = Array(copying: token.organizationID.bytes) + [0]
      owned[organization + Array(copying: UserID.bytes(of: token.userID)) + [0] + key] =
        token.endNanoseconds ?? .max
      guard token.kind == .organization, !token.isRevoked else { continue }
      named.insert(organization + Array(copying: token.name) + [0] + key)
    }
    var ends: [[UInt8]: Int64] = [:]
    snapshot.forEachRow(tables.ownerTokens, prefix: Span()) { key, end in
      ends[Array(copying: key)] = end.count == 8 ? end.integer(at: 0) : nil
      return true
    }
    #expect(ends == owned)
    var names: Set<[UInt8]> = []
    snapshot.forEachRow(tables.orgTokenNames, prefix: Span()) { key, id in
      names.insert(Array(copying: key) + [0] + Array(copying: id))
      return true
    }
    #expect(names == named)
    return members.count + writers.count + named.count
  }

  private static func keys(_ table: Table, _ snapshot: borrowing Snapshot) -> [[UInt8]] {
    var keys: [[UInt8]] = []
    snapshot.forEachRow(table, prefix: Span()) { key, _ in
      keys.append(Array(copying: key))
      return true
    }
    return keys
  }

  private static func parts(_ key: [UInt8]) -> [String] {
    String(decoding: key, as: UTF8.self)
      .split(separator: "\0", omittingEmptySubsequences: false).map(String.init)
  }
}
