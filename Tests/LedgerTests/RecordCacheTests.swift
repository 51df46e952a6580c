internal import EpochPage
internal import Identifiers
internal import Ledger
internal import Messages
internal import TestSupport
internal import Testing
internal import Tokens

/// Tokens that a worker keeps in memory: each rule by which a kept row is used.
@Suite struct RecordCacheTests {
  private static let actor = Actor(
    organizationID: [], userID: [], tokenID: nil, processUserID: 0, processGroupID: 0,
    processID: 1)
  private let folder = TemporaryFolder()
  private let ledger: Ledger
  private let cache = RecordCache(byteCount: RecordCache.minimumByteCount)

  init() throws {
    ledger = try Ledger(folder: folder.path, mapSizeBytes: 64 << 20, readers: 8)
    try commit { $0.makeOrganizationCreated().setOrganizationID("acme") }
    try issue(0..<1)
  }

  private func draft() throws -> Draft {
    try ledger.makeDraft(at: LedgerTime(nanoseconds: 1000), identifiers: TokenIDGenerator())
  }

  private func commit(_ fill: @escaping (PosternStorageV1.Entry.Builder) -> Void) throws {
    var draft = try draft()
    draft.append(by: Self.actor, fill)
    _ = try draft.commit()
  }

  private static func id(_ number: Int) -> TokenID {
    TokenID(high: 7, low: UInt64(number) &* 0x9e37_79b9_7f4a_7c15)
  }

  private func issue(_ numbers: Range<Int>) throws {
    var draft = try draft()
    for number in numbers {
      let bytes = Self.id(number).bytes
      draft.append(by: Self.actor) { entry in
        let issued = entry.makeTokenIssued()
        issued.setTokenID(bytes.span)
        issued.setSecretHash(SHA256.hash(bytes.span).span)
        issued.setKind(2)
        issued.setOrganizationID("acme")
        issued.setName(String(repeating: "n", count: number % 50))
      }
    }
    _ = try draft.commit()
  }

  private func revoke(_ number: Int) throws {
    let bytes = Self.id(number).bytes
    try commit { $0.makeTokenRevoked().setTokenID(bytes.span) }
  }

  private func snapshot() throws -> Snapshot {
    var snapshot = try ledger.makeSnapshot(records: cache)
    try snapshot.refresh(at: LedgerTime(nanoseconds: 1000))
    return snapshot
  }

  private var counts: [UInt64] { [cache.hits, cache.misses] }

  /// Whether a token is revoked, as a state shows it; nil without such a token.
  private func isRevoked<State: LedgerState & ~Copyable>(
    _ number: Int, in state: borrowing State
  ) -> Bool? {
    guard let token = state.token(Self.id(number)) else { return nil }
    return token.isRevoked
  }

  /// Whether it is the first token.
  private func isWhole(_ token: TokenRecord?) -> Bool {
    guard let token else { return false }
    let id = Self.id(0).bytes
    return token.id == Self.id(0) && token.secretHash.isEqual(to: SHA256.hash(id.span).span)
      && token.organizationID.bytes.isEqual(to: "acme")
  }

  @Test func aSecondLookIsServedFromMemory() throws {
    let snapshot = try snapshot()
    #expect(isRevoked(0, in: snapshot) == false && counts == [0, 1])
    let isSame = isWhole(snapshot.token(Self.id(0)))
    #expect(isSame && counts == [1, 1])
    #expect(isRevoked(1, in: snapshot) == nil && counts == [1, 1])
  }

  @Test func aChangeOfTheTokenEndsWhatWasKept() throws {
    var snapshot = try snapshot()
    _ = isRevoked(0, in: snapshot)
    try revoke(0)
    // A call that began before the change was published may still be answered from its view.
    try snapshot.refresh(at: LedgerTime(nanoseconds: 1000))
    #expect(isRevoked(0, in: snapshot) == true && counts == [0, 2])
    #expect(isRevoked(0, in: snapshot) == true && counts == [1, 2])
  }

  @Test func nothingIsKeptWhileAChangeIsUnderWay() throws {
    let snapshot = try snapshot()
    let id = Self.id(0).bytes
    var marks = EpochMarks(of: ledger.counters)
    marks.addToken(id.span)
    ledger.counters.begin(marks)
    for _ in 0..<2 { #expect(isRevoked(0, in: snapshot) != nil) }
    #expect(cache.hits == 0)
    ledger.counters.end(marks)
    for _ in 0..<2 { #expect(isRevoked(0, in: snapshot) != nil) }
    #expect(cache.hits == 1)
  }

  @Test func nothingThatWasKeptIsUsedWhileAChangeIsUnderWay() throws {
    let snapshot = try snapshot()
    _ = isRevoked(0, in: snapshot)
    let id = Self.id(0).bytes
    var marks = EpochMarks(of: ledger.counters)
    marks.addToken(id.span)
    ledger.counters.begin(marks)
    #expect(isRevoked(0, in: snapshot) != nil && cache.hits == 0)
    ledger.counters.end(marks)
    #expect(isRevoked(0, in: snapshot) != nil && cache.hits == 0)
  }

  @Test func nothingIsKeptFromBeforeWhatIsPublished() throws {
    var snapshot = try snapshot()
    try revoke(0)
    #expect(isRevoked(0, in: snapshot) == false)
    try snapshot.refresh(at: LedgerTime(nanoseconds: 1000))
    #expect(isRevoked(0, in: snapshot) == true && cache.hits == 0)
  }

  @Test func aViewThatStaysBehindReadsTheTable() throws {
    var snapshot = try snapshot()
    _ = isRevoked(0, in: snapshot)
    let old = try snapshot.detach()
    try revoke(0)
    try snapshot.refresh(at: LedgerTime(nanoseconds: 1000))
    for _ in 0..<2 {
      #expect(isRevoked(0, in: snapshot) == true)
      #expect(isRevoked(0, in: old) == false)
    }
    let other = try snapshot.another()
    _ = isRevoked(0, in: other)
    let draft = try draft()
    _ = isRevoked(0, in: draft)
    #expect(counts == [1, 2])
  }

  @Test func aRowThatWasLentIsNotWrittenOver() throws {
    try issue(1..<2000)
    var snapshot = try snapshot()
    _ = isRevoked(0, in: snapshot)
    try snapshot.refresh(at: LedgerTime(nanoseconds: 1000))
    let lent = snapshot.token(Self.id(0))
    #expect(cache.hits == 1)
    for number in 1..<2000 { _ = isRevoked(number, in: snapshot) }
    let isStillWhole = isWhole(lent)
    #expect(isStillWhole)
  }

  /// More than fits, read and revoked at random: what memory says is what the table says.
  @Test func memoryAgreesWithTheTable() throws {
    let count = 3000
    try issue(1..<count)
    var random = SplitMix64(seed: 12)
    var cached = try snapshot()
    var plain = try ledger.makeSnapshot()
    for round in 0..<60_000 {
      if round % 500 == 0 { try revoke(Int.random(in: 0..<count, using: &random)) }
      try cached.refresh(at: LedgerTime(nanoseconds: 1000))
      try plain.refresh(at: LedgerTime(nanoseconds: 1000))
      // Some far more often than others.
      let number = Int.random(in: 0..<Int.random(in: 1..<count, using: &random), using: &random)
      guard let one = cached.token(Self.id(number)), let other = plain.token(Self.id(number))
      else {
        Issue.record("token \(number) is gone")
        continue
      }
      let isSame =
        one.isRevoked == other.isRevoked && one.secretHash.isEqual(to: other.secretHash)
        && one.name.isEqual(to: other.name) && one.issuedRevision == other.issuedRevision
      #expect(isSame, "token \(number) in round \(round)")
    }
    #expect(cache.hits > 10_000 && cache.misses > 10_000)
    #expect(cache.usedBytes > 50_000 && cache.usedBytes < RecordCache.minimumByteCount)
  }
}
