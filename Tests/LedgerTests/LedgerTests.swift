internal import Foundation
internal import Identifiers
internal import Ledger
internal import Messages
internal import Synchronization
internal import TestSupport
internal import Testing
internal import Tokens

/// The log, and the tables that follow from it.
@Suite struct LedgerTests {
  /// A replay of the log into an empty ledger makes the same tables, byte by byte.
  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func replaysToEqualTables(_ seed: UInt64) throws {
    let (source, target) = (TemporaryFolder(), TemporaryFolder())
    let ledger = try Self.open(source)
    var history = LedgerHistory(seed: seed)
    var random = SplitMix64(seed: seed)
    var generator = TokenIDGenerator()
    for batch in 0..<80 {
      // The clock steps back now and then; the log's time doesn't.
      let wall = 1_000_000_000 * Int64(batch) + Int64(random.next() % 5_000_000_000)
      var draft = try ledger.makeDraft(at: LedgerTime(nanoseconds: wall), identifiers: generator)
      history.append(1 + Int(random.next() % 40), to: &draft)
      generator = try draft.commit()
    }
    #expect(history.kinds.count == LedgerHistory.kindCount)
    // A change that no history contains would never be compared.
    // A format is raised only by a version that knows a later one.
    let raised = PosternV1.EventKind.formatRaised.rawValue
    let known = Set(
      (1...99).filter { $0 != raised && PosternV1.EventKind(rawValue: $0).name != nil })
    #expect(try Self.eventKinds(in: ledger) == known)
    let copy = try Self.open(target)
    try copy.replay(ledger)
    let (expected, found) = (try TableContent.all(of: ledger), try TableContent.all(of: copy))
    #expect(expected.map(\.name) == found.map(\.name))
    for (left, right) in zip(expected, found) {
      #expect(left.rows == right.rows, "table `\(left.name)`")
    }
    #expect(expected.filter { $0.rows.isEmpty }.isEmpty, "a table that the history leaves empty")
    #expect(copy.published.load(ordering: .relaxed) == ledger.published.load(ordering: .relaxed))
    // And the copy goes on as the original would.
    for (each, folder) in [(ledger, source), (copy, target)] {
      var draft = try each.makeDraft(
        at: LedgerTime(nanoseconds: 1 << 50), identifiers: try each.makeTokenIDGenerator())
      var next = LedgerHistory(seed: 99)
      next.append(50, to: &draft)
      _ = try draft.commit()
      withExtendedLifetime(folder) {}
    }
    let (further, furtherCopy) = (try TableContent.all(of: ledger), try TableContent.all(of: copy))
    #expect(further.map(\.rows) == furtherCopy.map(\.rows))
    #expect(further.map(\.rows) != expected.map(\.rows))
  }

  /// A reader that never waits keeps its view: nothing may be read from it either, once another
  /// history was found below it.
  @Test func endsLiveViewsOfAnotherHistory() throws {
    let folder = TemporaryFolder()
    let path = "\(folder.path)/data.mdb"
    let ledger = try Self.open(folder)
    var history = LedgerHistory(seed: 7)
    var generator = TokenIDGenerator()
    func commit() throws {
      var draft = try ledger.makeDraft(at: LedgerTime(nanoseconds: 1), identifiers: generator)
      history.append(20, to: &draft)
      generator = try draft.commit()
    }
    try commit()
    let old = try Data(contentsOf: URL(filePath: path))
    try commit()
    var snapshot = try ledger.makeSnapshot()
    try snapshot.refresh(at: LedgerTime(nanoseconds: 1))
    try ledger.requireHistory()
    let file = try FileHandle(forUpdating: URL(filePath: path))
    try file.write(contentsOf: old)
    try file.close()
    #expect(throws: StoreError.replaced(path)) { try ledger.requireHistory() }
    #expect(throws: StoreError.replaced(path)) {
      try snapshot.refresh(at: LedgerTime(nanoseconds: 1))
    }
    #expect(throws: StoreError.replaced(path)) { try commit() }
  }

  /// The kinds of the entries in a log.
  private static func eventKinds(in ledger: Ledger) throws -> Set<Int32> {
    var snapshot = try ledger.makeSnapshot()
    try snapshot.refresh(at: LedgerTime(nanoseconds: 0))
    let arena = Arena(initialBytes: 16 << 10)
    var kinds: Set<Int32> = []
    for revision in 1...snapshot.revision {
      guard let bytes = snapshot.entry(at: revision) else { continue }
      let entry = try PosternStorageV1.Entry(decoding: bytes, in: arena)
      if let change = entry.changeValue { kinds.insert(change.traits.kind.rawValue) }
    }
    return kinds
  }

  /// Every entry carries the SHA-256 of the one before it, and revisions and times never go back.
  @Test func chainsItsEntries() throws {
    let folder = TemporaryFolder()
    let ledger = try Self.filled(folder, seed: 7, batches: 20)
    var snapshot = try ledger.makeSnapshot()
    try snapshot.refresh(at: LedgerTime(nanoseconds: 0))
    var previous: [UInt8] = []
    var time: Int64 = 0
    for revision in 1...snapshot.revision {
      let bytes = Self.entry(snapshot, revision)
      let arena = Arena(initialBytes: 4096, limits: DecodeLimits(bytes: 1 << 20))
      let entry = try PosternStorageV1.Entry(decoding: bytes.span, in: arena)
      #expect(entry.revision == revision)
      #expect(entry.timeNanoseconds >= time)
      #expect(Array(copying: entry.previousHash) == previous, "revision \(revision)")
      time = entry.timeNanoseconds
      let digest = SHA256.hash(bytes.span)
      previous = Array(copying: digest.span)
    }
    let behind = Self.entry(snapshot, snapshot.revision + 1)
    #expect(behind.isEmpty)
    #expect(snapshot.nowNanoseconds == time, "the time for expiry is never before the log's")
  }

  @Test func publishesWithTheCommitAndNotBefore() throws {
    let folder = TemporaryFolder()
    let ledger = try Self.open(folder)
    var snapshot = try ledger.makeSnapshot()
    var history = LedgerHistory(seed: 3)
    do {
      var draft = try ledger.makeDraft(
        at: LedgerTime(nanoseconds: 5), identifiers: TokenIDGenerator())
      history.append(10, to: &draft)
      #expect(draft.revision == 10)
      #expect(draft.entryCount == 10)
      #expect(ledger.published.load(ordering: .relaxed) == 0)
      try snapshot.refresh(at: LedgerTime(nanoseconds: 5))
      #expect(snapshot.revision == 0)
      #expect(snapshot.rowCount(snapshot.tables.log) == 0)
      _ = try draft.commit()
    }
    #expect(ledger.published.load(ordering: .relaxed) == 10)
    #expect(snapshot.rowCount(snapshot.tables.log) == 0, "a snapshot doesn't move by itself")
    try snapshot.refresh(at: LedgerTime(nanoseconds: 5))
    #expect(snapshot.revision == 10)
    #expect(snapshot.rowCount(snapshot.tables.log) == 10)

    // A batch that is dropped leaves nothing.
    do {
      var draft = try ledger.makeDraft(
        at: LedgerTime(nanoseconds: 9), identifiers: TokenIDGenerator())
      history.append(5, to: &draft)
      #expect(draft.revision == 15)
    }
    snapshot.release()
    try snapshot.refresh(at: LedgerTime(nanoseconds: 9))
    #expect(snapshot.revision == 10)
    #expect(ledger.published.load(ordering: .relaxed) == 10)
  }

  @Test func seesItsOwnWritesInABatch() throws {
    let folder = TemporaryFolder()
    let ledger = try Self.open(folder)
    var draft = try ledger.makeDraft(
      at: LedgerTime(nanoseconds: 5), identifiers: TokenIDGenerator())
    let (acme, alice) = (Array("acme".utf8), Array("alice".utf8))
    let actor = Actor(
      organizationID: [], userID: [], tokenID: nil, processUserID: 0, processGroupID: 0,
      processID: 1)
    draft.append(by: actor) { $0.makeOrganizationCreated().setOrganizationID("acme") }
    let isAbsent = draft.user(OrganizationID(stored: acme.span), UserID(stored: alice.span)) == nil
    #expect(isAbsent)
    draft.append(by: actor) { entry in
      let invited = entry.makeUserInvited()
      invited.setOrganizationID("acme")
      invited.setUserID("alice")
      invited.setAdministrator(true)
    }
    let isAdministrator = draft.user(OrganizationID(stored: acme.span), UserID(stored: alice.span))?
      .isAdministrator
    #expect(isAdministrator == true)
    let administrators = draft.organization(OrganizationID(stored: acme.span))?.administratorCount
    #expect(administrators == 1)
    _ = try draft.commit()
  }

  @Test func isTheSameWhenOpenedAgain() throws {
    let folder = TemporaryFolder()
    var expected: [TableContent] = []
    var newest: TokenID?
    do {
      let ledger = try Self.filled(folder, seed: 11, batches: 10)
      expected = try TableContent.all(of: ledger)
      newest = Self.newestToken(in: expected)
    }
    let again = try Self.open(folder)
    #expect(try TableContent.all(of: again) == expected)
    #expect(again.published.load(ordering: .relaxed) > 0)
    // Token ids go on behind the newest, even where the clock has stepped back.
    var generator = try again.makeTokenIDGenerator()
    let next = generator.next(unixMilliseconds: 0, random: (0, 0))
    #expect(next > (try #require(newest)))
  }

  /// A store that is full drops the batch and stays as it was; a smaller change still works when
  /// there is room.
  @Test func dropsABatchThatDoesNotFit() throws {
    let folder = TemporaryFolder()
    let ledger = try Ledger(folder: folder.path, mapSizeBytes: 1 << 20, readers: 4)
    var history = LedgerHistory(seed: 5)
    var generator = TokenIDGenerator()
    var isFull = false
    for _ in 0..<500 where !isFull {
      let before = try TableContent.all(of: ledger)
      do throws(StoreError) {
        var draft = try ledger.makeDraft(at: LedgerTime(nanoseconds: 1), identifiers: generator)
        history.append(60, to: &draft)
        generator = try draft.commit()
      } catch {
        #expect(error == .full)
        isFull = true
        #expect(try TableContent.all(of: ledger) == before)
      }
    }
    #expect(isFull)
  }

  /// A copy of an encoded entry; empty for none.
  private static func entry(_ snapshot: borrowing Snapshot, _ revision: UInt64) -> [UInt8] {
    guard let bytes = snapshot.entry(at: revision) else { return [] }
    return Array(copying: bytes)
  }

  private static func open(_ folder: TemporaryFolder) throws -> Ledger {
    try Ledger(folder: folder.path, mapSizeBytes: 64 << 20, readers: 8)
  }

  private static func filled(
    _ folder: TemporaryFolder, seed: UInt64, batches: Int
  ) throws -> Ledger {
    let ledger = try open(folder)
    var history = LedgerHistory(seed: seed)
    var generator = TokenIDGenerator()
    for batch in 0..<batches {
      var draft = try ledger.makeDraft(
        at: LedgerTime(nanoseconds: 1000 - Int64(batch)), identifiers: generator)
      history.append(25, to: &draft)
      generator = try draft.commit()
    }
    return ledger
  }

  private static func newestToken(in contents: [TableContent]) -> TokenID? {
    guard let rows = contents.first(where: { $0.name == "tokens" })?.rows, rows.count > 1 else {
      return nil
    }
    let key = rows[rows.count - 2]
    return TokenID(bytes: key.span)
  }
}
