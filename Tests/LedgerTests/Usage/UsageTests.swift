internal import Ledger
internal import Messages
internal import TestSupport
internal import Testing
internal import Tokens

/// How the ledger adds up counted uses.
@Suite struct UsageTests {
  private static let actor = Actor(
    organizationID: [], userID: [], tokenID: nil, processUserID: 0, processGroupID: 0,
    processID: 1)
  private static let methods = ["a.B/C", "a.B/D"].map { Array($0.utf8) }
  private static let day = UsageDay.nanoseconds

  private struct Row: Equatable {
    let day: UInt16
    let userID: UInt32
    let method: String
    let calls: UInt64
    let denied: UInt64
    let previous: UInt64
    let last: Int64
    var kept: UInt64 = 0
  }

  private let folder = TemporaryFolder()
  private let ledger: Ledger

  init() throws {
    ledger = try Ledger(folder: folder.path, mapSizeBytes: 64 << 20, readers: 4)
  }

  @Test func addsUpByDayUserAndMethod() throws {
    let id = try issue(ledger, 1)
    let other = try issue(ledger, 2)
    try write(ledger) { uses in
      for (method, user, now) in [(0, 7, 5), (0, 7, 9), (1, 7, 6), (0, 8, 4)] {
        uses.begin(method: method, userID: UInt32(user))
        uses.note(id, isByPreviousSecret: false, isDenied: now == 9, nowNanoseconds: Int64(now))
      }
      uses.note(other, isByPreviousSecret: false, isDenied: false, nowNanoseconds: 1)
    }
    try write(ledger) { uses in
      uses.begin(method: 0, userID: 7)
      uses.note(id, isByPreviousSecret: false, isDenied: false, nowNanoseconds: 3)
      uses.note(id, isByPreviousSecret: false, isDenied: false, nowNanoseconds: Self.day)
    }
    let rows = try rows(id)
    #expect(
      rows == [
        Row(day: 0, userID: 7, method: "a.B/C", calls: 3, denied: 1, previous: 0, last: 9),
        Row(day: 0, userID: 7, method: "a.B/D", calls: 1, denied: 0, previous: 0, last: 6),
        Row(day: 0, userID: 8, method: "a.B/C", calls: 1, denied: 0, previous: 0, last: 4),
        Row(day: 1, userID: 7, method: "a.B/C", calls: 1, denied: 0, previous: 0, last: Self.day),
      ])
    #expect(try self.rows(id, from: 1) == [rows[3]])
    let total = try usage(id)
    #expect(total?.useCount == 6)
    #expect(total?.lastNanoseconds == Self.day)
    #expect(try usage(other)?.useCount == 1)
  }

  /// In the same row as calls, and apart from them.
  @Test func addsWhatClientsHadKept() throws {
    let id = try issue(ledger, 1)
    func report(_ count: UInt64, isDenied: Bool = false, at now: Int64) throws {
      try write(ledger) { uses in
        uses.noteKept(
          id, count: count, areDenied: isDenied, method: 1, userID: 7, lastNanoseconds: now)
      }
    }
    try write(ledger) { uses in
      uses.begin(method: 1, userID: 7)
      uses.note(id, isByPreviousSecret: false, isDenied: false, nowNanoseconds: 3)
      uses.noteKept(id, count: 4, areDenied: false, method: 1, userID: 7, lastNanoseconds: 9)
    }
    try report(10, isDenied: true, at: 5)
    try report(2, at: Self.day)
    #expect(
      try rows(id) == [
        Row(
          day: 0, userID: 7, method: "a.B/D", calls: 15, denied: 10, previous: 0, last: 9,
          kept: 14),
        Row(
          day: 1, userID: 7, method: "a.B/D", calls: 2, denied: 0, previous: 0, last: Self.day,
          kept: 2),
      ])
    try writeUse(id, isPrevious: false, at: 3)
    #expect(try usage(id)?.useCount == 18)
    // It ends where no more can be counted.
    try report(.max, at: 5)
    #expect(try rows(id).map(\.calls) == [1, .max, 2])
    #expect(try rows(id).map(\.kept) == [0, .max, 2])
    #expect(try usage(id)?.useCount == .max)
  }

  @Test func countsThePreviousSecretSinceTheLastRotation() throws {
    let id = try issue(ledger, 1)
    try rotate(id, at: 100)
    try writeUse(id, isPrevious: true, at: 150)
    try writeUse(id, isPrevious: false, at: 160)
    #expect(try usage(id)?.previousSecretCount == 1)
    #expect(try usage(id)?.previousSecretLastNanoseconds == 150)
    #expect(try usage(id)?.lastNanoseconds == 160)
    // A use of the secret that this rotation ends, written after it.
    try rotate(id, at: 200)
    #expect(try usage(id)?.previousSecretCount == 0, "seen before anything is written")
    try writeUse(id, isPrevious: true, at: 199)
    #expect(try usage(id)?.previousSecretCount == 0)
    #expect(try usage(id)?.previousSecretLastNanoseconds == 0)
    try writeUse(id, isPrevious: true, at: 201)
    #expect(try usage(id)?.previousSecretCount == 1)
    #expect(try usage(id)?.useCount == 4)
  }

  @Test func forgetsOldDaysAndTokensThatAreNoMore() throws {
    let ids = try (0..<9).map { try issue(ledger, UInt64($0)) }
    for id in ids {
      for day in [0, 9, 10] { try writeUse(id, isPrevious: false, at: Int64(day) * Self.day) }
    }
    try writeUse(
      TokenID(unixMilliseconds: 9, random: (9, 9)), isPrevious: false, at: 1)
    // The log may stand still: it is the eleventh day.
    let now = LedgerTime(nanoseconds: 10 * Self.day)
    try sweep(ids[4], at: 0)
    var walk = UsageWalk()
    var steps = 1
    while try ledger.pruneUsage(&walk, at: now, retentionDays: 1, limit: 5) { steps += 1 }
    // 27 rows and 9 sums, five at a time.
    #expect(steps == 8)
    for id in ids {
      #expect(try rows(id).map(\.day) == (id == ids[4] ? [] : [9, 10]))
      #expect(try usage(id)?.useCount == (id == ids[4] ? nil : 3))
    }
    var snapshot = try ledger.makeSnapshot()
    try snapshot.refresh(at: LedgerTime(nanoseconds: 0))
    #expect(snapshot.rowCount(snapshot.tables.usage) == 16)
    #expect(snapshot.rowCount(snapshot.tables.tokenUsage) == 8)
    // For ever.
    while try ledger.pruneUsage(&walk, at: now, retentionDays: 0, limit: 5) {}
    #expect(try rows(ids[0]).map(\.day) == [9, 10])
  }

  /// Usage is no part of the state: a replay leaves it out, and everything else is the same.
  @Test func isBesideTheLog() throws {
    let id = try issue(ledger, 1)
    try writeUse(id, isPrevious: false, at: 5)
    let copy = TemporaryFolder()
    let replayed = try Ledger(folder: copy.path, mapSizeBytes: 64 << 20, readers: 4)
    try replayed.replay(ledger)
    var snapshot = try replayed.makeSnapshot()
    try snapshot.refresh(at: LedgerTime(nanoseconds: 0))
    #expect(snapshot.revision == 2)
    let isThere = snapshot.token(id) != nil
    #expect(isThere)
    #expect(snapshot.rowCount(snapshot.tables.usage) == 0)
    #expect(!snapshot.tables.all.contains { $0.name.contains("usage") })
  }

  /// Statistics never take the last room: what revokes tokens still fits.
  @Test func leavesRoomForChanges() throws {
    let folder = TemporaryFolder()
    let ledger = try Ledger(folder: folder.path, mapSizeBytes: 1 << 20, readers: 4)
    let ids = try (0..<100).map { try issue(ledger, UInt64($0)) }
    var isFull = false
    for day in 0..<10_000 where !isFull {
      do {
        try write(ledger) { uses in
          for id in ids {
            uses.note(
              id, isByPreviousSecret: false, isDenied: false,
              nowNanoseconds: Int64(day) * Self.day)
          }
        }
      } catch {
        #expect(error as? StoreError == .full)
        isFull = true
      }
    }
    #expect(isFull)
    let bytes = ids[0].bytes
    try change(ledger, at: 1) { $0.makeTokenRevoked().setTokenID(bytes.span) }
    var snapshot = try ledger.makeSnapshot()
    try snapshot.refresh(at: LedgerTime(nanoseconds: 0))
    #expect(snapshot.token(ids[0])?.isRevoked == true)
  }

  private func change(
    _ ledger: Ledger, at now: Int64, _ fill: (PosternStorageV1.Entry.Builder) -> Void
  ) throws {
    var draft = try ledger.makeDraft(
      at: LedgerTime(nanoseconds: now), identifiers: TokenIDGenerator())
    draft.append(by: Self.actor, fill)
    _ = try draft.commit()
  }

  private func issue(_ ledger: Ledger, _ number: UInt64) throws -> TokenID {
    let id = TokenID(unixMilliseconds: 1, random: (number, number))
    let bytes = id.bytes
    let digest = SHA256.hash(bytes.span)
    try change(ledger, at: 1) { entry in
      let issued = entry.makeTokenIssued()
      issued.setTokenID(bytes.span)
      issued.setSecretHash(digest.span)
      issued.setKind(2)
      issued.setOrganizationID("acme")
      issued.setName("n\(number)")
    }
    if number == 1 {
      try change(ledger, at: 1) { $0.makeOrganizationCreated().setOrganizationID("acme") }
    }
    return id
  }

  private func rotate(_ id: TokenID, at now: Int64) throws {
    let bytes = id.bytes
    let digest = SHA256.hash(bytes.span)
    try change(ledger, at: now) { entry in
      let rotated = entry.makeTokenRotated()
      rotated.setTokenID(bytes.span)
      rotated.setSecretHash(digest.span)
      rotated.setPreviousSecretExpiresAtNanoseconds(1 << 40)
    }
  }

  private func sweep(_ id: TokenID, at now: Int64) throws {
    let bytes = id.bytes
    try change(ledger, at: now) { $0.makeTokensSwept().setTokenIDs(bytes.span) }
  }

  private func write(_ ledger: Ledger, _ note: (TokenUses) -> Void) throws {
    let uses = TokenUses(maximumKeys: 1000)
    note(uses)
    let batch = try #require(uses.take())
    var order = UsageOrder(batch)
    try ledger.add(order.takeNext(.max), methods: Self.methods)
  }

  private func writeUse(_ id: TokenID, isPrevious: Bool, at now: Int64) throws {
    try write(ledger) {
      $0.note(id, isByPreviousSecret: isPrevious, isDenied: false, nowNanoseconds: now)
    }
  }

  private func usage(_ id: TokenID) throws -> TokenUsage? {
    var snapshot = try ledger.makeSnapshot()
    try snapshot.refresh(at: LedgerTime(nanoseconds: 0))
    guard let token = snapshot.token(id) else { return nil }
    return snapshot.usage(of: token)
  }

  private func rows(_ id: TokenID, from day: UInt16 = 0) throws -> [Row] {
    var snapshot = try ledger.makeSnapshot()
    try snapshot.refresh(at: LedgerTime(nanoseconds: 0))
    var rows: [Row] = []
    snapshot.forEachUsage(of: id, fromDay: day, after: Span()) { row in
      rows.append(
        Row(
          day: row.day, userID: row.userID,
          method: String(decoding: [UInt8](copying: row.method), as: UTF8.self),
          calls: row.callCount, denied: row.deniedCount, previous: row.previousSecretCount,
          last: row.lastNanoseconds, kept: row.keptCount))
      return true
    }
    return rows
  }
}
