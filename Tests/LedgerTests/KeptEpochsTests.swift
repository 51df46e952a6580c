internal import EpochPage
internal import Glibc
internal import Identifiers
internal import Ledger
internal import Messages
internal import TestSupport
internal import Testing
internal import Tokens

/// The counters that a kept answer rests on, and how a commit moves them.
@Suite struct KeptEpochsTests {
  private static let actor = Actor(
    organizationID: [], userID: [], tokenID: nil, processUserID: 0, processGroupID: 0,
    processID: 1)
  private let folder = TemporaryFolder()
  private let page: EpochPage
  private let ledger: Ledger
  private let token: TokenID
  private static let acme: [UInt8] = Array("acme".utf8)

  init() throws {
    page = try EpochPage()
    ledger = try Ledger(
      folder: folder.path, mapSizeBytes: 16 << 20, readers: 8, epochs: page)
    var draft = try Self.draft(of: ledger)
    let id = draft.nextTokenID(random: (1, 2))
    let bytes = id.bytes
    draft.append(by: Self.actor) { $0.makeOrganizationCreated().setOrganizationID("acme") }
    draft.append(by: Self.actor) { $0.makeTokenIssued().set(bytes.span) }
    _ = try draft.commit()
    token = id
  }

  private static func draft(of ledger: Ledger) throws -> Draft {
    try ledger.makeDraft(at: LedgerTime(nanoseconds: 1000), identifiers: TokenIDGenerator())
  }

  private func snapshot() throws -> Snapshot {
    var snapshot = try ledger.makeSnapshot()
    try snapshot.refresh(at: LedgerTime(nanoseconds: 1000))
    return snapshot
  }

  private func counters() throws -> [UInt64]? {
    let snapshot = try snapshot()
    let kept = snapshot.keptEpochs(
      of: token, in: try OrganizationID(Self.acme.span, field: "organization_id"))
    guard let kept else { return nil }
    #expect(kept.page == page.id && kept.count == 3)
    return (0..<kept.count).map { kept.stamps[$0].value }
  }

  private func commit(_ fill: @escaping (PosternStorageV1.Entry.Builder) -> Void) throws {
    var draft = try Self.draft(of: ledger)
    draft.append(by: Self.actor, fill)
    _ = try draft.commit()
  }

  @Test func commitMovesWhatItTouches() throws {
    let begin = try #require(try counters())
    #expect(begin.allSatisfy { $0 % 2 == 0 })
    let id = token.bytes
    try commit { $0.makeTokenRevoked().setTokenID(id.span) }
    #expect(try counters() == [begin[0] + 2, begin[1], begin[2]])
    try commit { $0.makeTeamCreated().set("acme", "writers") }
    #expect(try counters() == [begin[0] + 2, begin[1] + 2, begin[2]])
    try commit { $0.makePolicyReloaded().setText("") }
    #expect(try counters() == [begin[0] + 2, begin[1] + 2, begin[2] + 2])
    try commit { $0.makeClockAccepted().setPreviousNanoseconds(0) }
    #expect(try counters() == [begin[0] + 4, begin[1] + 4, begin[2] + 4])
    try commit { $0.makeTokensRevoked().setIssuedThroughRevision(1) }
    #expect(try counters() == [begin[0] + 6, begin[1] + 6, begin[2] + 6])
    // Names for people, and another token.
    try commit { $0.makeTeamUpdated().set("acme", "writers") }
    let other = TokenID(high: 1, low: 2).bytes
    try commit { $0.makeTokenIssued().set(other.span) }
    #expect(try counters() == [begin[0] + 6, begin[1] + 6, begin[2] + 6])
  }

  /// The time of a change has come for whoever keeps answers as soon as it can be read, whatever
  /// the clocks say: what ends by then is not used any more.
  @Test func aChangeTellsItsTime() throws {
    var draft = try ledger.makeDraft(
      at: LedgerTime(nanoseconds: 5_000_000), identifiers: TokenIDGenerator())
    draft.append(by: Self.actor) { $0.makeTeamCreated().set("acme", "later") }
    _ = try draft.commit()
    var floor: Int64 = 0
    // SAFETY: the call fills eight bytes. Word 16 of the page is the time that has come.
    let count = unsafe withUnsafeMutableBytes(of: &floor) {
      unsafe pread(page.descriptor, $0.baseAddress, 8, 16 * 8)
    }
    #expect(count == 8 && floor == 5_000_000)
  }

  @Test func nothingIsKeptWhileAChangeIsUnderWay() throws {
    let id = token.bytes
    var marks = EpochMarks(of: page.counters)
    marks.addToken(id.span)
    page.counters.begin(marks)
    #expect(try counters() == nil)
    page.counters.end(marks)
    #expect(try counters() != nil)
  }

  @Test func nothingIsKeptFromBeforeWhatIsPublished() throws {
    let snapshot = try snapshot()
    #expect(snapshot.keptEpochs(of: token, in: nil) != nil)
    try commit { $0.makeTeamCreated().set("acme", "writers") }
    #expect(snapshot.keptEpochs(of: token, in: nil) == nil)
  }

  @Test func nothingIsKeptWhileTheTimeIsInDoubtOrForOneCall() throws {
    var snapshot = try ledger.makeSnapshot()
    try snapshot.refresh(
      at: LedgerTime(nanoseconds: 1000, latestNanoseconds: 2000, countedSinceNanoseconds: 5))
    #expect(snapshot.keptEpochs(of: token, in: nil) == nil)
    try snapshot.refresh(at: LedgerTime(nanoseconds: 1000))
    #expect(snapshot.keptEpochs(of: token, in: nil) != nil)
    snapshot.comparisons?.note(endNanoseconds: 70)
    snapshot.comparisons?.note(endNanoseconds: 90)
    #expect(snapshot.keptEpochs(of: token, in: nil)?.endNanoseconds == 70)
    snapshot.comparisons?.refuseKeeping()
    #expect(snapshot.keptEpochs(of: token, in: nil) == nil)
  }

  @Test func nothingIsKeptWithoutAPage() throws {
    let other = TemporaryFolder()
    let bare = try Ledger(folder: other.path, mapSizeBytes: 16 << 20, readers: 8)
    var snapshot = try bare.makeSnapshot()
    try snapshot.refresh(at: LedgerTime(nanoseconds: 1000))
    #expect(snapshot.keptEpochs(of: token, in: nil) == nil)
  }
}

extension PosternStorageV1.TokenIssued.Builder {
  fileprivate func set(_ id: Span<UInt8>) {
    setTokenID(id)
    setSecretHash(SHA256.Digest().span)
    setKind(2)
    setOrganizationID("acme")
    setScopes(2)
  }
}

extension PosternStorageV1.TeamCreated.Builder {
  fileprivate func set(_ organization: String, _ team: String) {
    setOrganizationID(organization)
    setTeamID(team)
  }
}

extension PosternStorageV1.TeamUpdated.Builder {
  fileprivate func set(_ organization: String, _ team: String) {
    setOrganizationID(organization)
    setTeamID(team)
    setDisplayName("Writers")
  }
}
