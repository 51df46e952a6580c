internal import Identifiers
internal import Ledger
internal import Messages
internal import TestSupport
internal import Testing
internal import Tokens

/// The changes that may use the last room of a ledger, and how many of them fit.
@Suite struct ReserveTests {
  private static let now = LedgerTime(nanoseconds: 1_000_000)
  private static let end: Int64 = 1 << 60

  private let folder = TemporaryFolder()

  /// Only changes that can't be repeated without end. A token's end that is moved a little earlier
  /// could be moved again.
  @Test func isForWhatEnds() throws {
    let ledger = try Ledger(folder: folder.path, mapSizeBytes: 4 << 20, readers: 4)
    let (acmeBytes, bobBytes, name) = (Array("acme".utf8), Array("bob".utf8), Array("ci".utf8))
    let acme = OrganizationID(stored: acmeBytes.span)
    let bob = UserID(stored: bobBytes.span)
    var draft = try make(ledger)
    draft.append(by: Self.actor) { $0.makeOrganizationCreated().setOrganizationID("acme") }
    draft.append(by: Self.actor) { entry in
      let invited = entry.makeUserInvited()
      invited.setOrganizationID("acme")
      invited.setUserID("bob")
    }
    draft.setRoles([[97], [98]], of: bob, in: acme, by: Self.actor)
    let id = draft.nextTokenID(random: (1, 2))
    draft.issueToken(
      id, .organization, of: acme, user: nil, name: name.span, description: Span(),
      scopes: [.api, .ingest], secretHash: SHA256.hash(name.span),
      expiresAtNanoseconds: Self.end, by: Self.actor)
    draft.rotateToken(
      id, secretHash: SHA256.hash(name.span), previousSecretExpiresAtNanoseconds: 1 << 50,
      by: Self.actor)
    _ = try draft.commit()
    #expect(try fill(ledger, user: "bob") > 100)

    func update(
      _ changes: TokenChanges, scopes: TokenScopes = [], end: Int64 = 0, off: Bool = false,
      previousEnd: Int64 = 0
    ) throws -> Bool {
      try isAdmitted(ledger) { draft in
        let values = TokenUpdate(
          changes, name: Span(), description: Span(), scopes: scopes, expiresAtNanoseconds: end,
          isDisabled: off, previousSecretExpiresAtNanoseconds: previousEnd)
        draft.updateToken(id, values, by: Self.actor)
      }
    }
    #expect(try !update([.expiry], end: Self.end - 1000))
    #expect(try !update([.expiry, .isDisabled], end: Self.end - 1000, off: true))
    #expect(try !update([.expiry]))
    #expect(try !update([.previousSecretExpiry], previousEnd: (1 << 50) - 1))
    #expect(try !update([.isDisabled], off: false))
    #expect(try update([.previousSecretExpiry], previousEnd: Self.now.nanoseconds))
    #expect(try update([.scopes], scopes: [.api]))
    #expect(try !update([.scopes], scopes: [.api, .ingest]))
    #expect(try update([.isDisabled], off: true))
    #expect(try update([.expiry], end: Self.now.nanoseconds))
    let changes: [(roles: [[UInt8]], isFewer: Bool)] = [
      ([[97], [99]], false), ([[97]], true), ([[99]], false), ([], true),
    ]
    for (roles, isFewer) in changes {
      let admitted = try isAdmitted(ledger) { draft in
        draft.setRoles(roles, of: bob, in: acme, by: Self.actor)
      }
      #expect(admitted == isFewer, "\(roles)")
    }
  }

  /// Every token can be revoked, one by one, by a user with the longest ids, in small ledgers too.
  @Test(arguments: [1, 2])
  func isEnoughForEveryToken(_ mebibytes: Int) throws {
    let long = String(repeating: "o", count: 128)
    let actor = Actor(
      organizationID: Array(long.utf8), userID: Array(long.utf8),
      tokenID: TokenID(unixMilliseconds: 9, random: (9, 9)), processUserID: .max,
      processGroupID: .max, processID: .max)
    let ledger = try Ledger(folder: folder.path, mapSizeBytes: mebibytes << 20, readers: 4)
    let count = try fill(ledger, organization: long, user: long)
    #expect(count > 200 * mebibytes)
    var snapshot = try ledger.makeSnapshot()
    try snapshot.refresh(at: Self.now)
    var ids: [TokenID] = []
    snapshot.forEachRow(snapshot.tables.tokens, prefix: Span()) { key, _ in
      if let id = TokenID(bytes: key) { ids.append(id) }
      return true
    }
    _ = consume snapshot
    #expect(ids.count == count)
    for id in ids {
      var draft = try make(ledger)
      draft.beginCommand()
      draft.revokeToken(id, by: actor)
      let isRefused = draft.isRefused
      try #require(!isRefused)
      _ = try draft.commit()
    }
    var later = try ledger.makeSnapshot()
    try later.refresh(at: Self.now)
    for id in ids { #expect(later.token(id)?.isRevoked == true) }
  }

  /// A ledger that is large but can grow has room for records of use.
  @Test func keepsNothingFromRecordsWhileThereIsRoom() {
    let room = StoreRoom(bytes: 72 << 20, reserveBytes: 64 << 20, bound: .none)
    #expect(room.hasMuch && !room.isScarce)
    let full = StoreRoom(bytes: 64 << 20, reserveBytes: 64 << 20, bound: .map(bytes: 1 << 30))
    #expect(!full.hasMuch && full.isScarce)
  }

  /// Issues tokens until there is no room; how many.
  private func fill(
    _ ledger: Ledger, organization: String = "acme", user: String
  ) throws -> Int {
    let (organization, user) = (Array(organization.utf8), Array(user.utf8))
    var (count, limit) = (0, 50)
    while true {
      var draft = try make(ledger)
      var issued = 0
      while issued < limit, !draft.isRefused, !draft.isSpent, draft.failure == nil {
        draft.beginCommand()
        let id = draft.nextTokenID(random: (UInt64(count + issued), 2))
        draft.issueToken(
          id, .user, of: OrganizationID(stored: organization.span),
          user: UserID(stored: user.span), name: Span(), description: Span(), scopes: [],
          secretHash: SHA256.hash(user.span), expiresAtNanoseconds: Self.end, by: Self.actor)
        if !draft.isRefused, draft.failure == nil { issued += 1 }
      }
      if issued == 0 { return count }
      // What did not fit together may do so one by one.
      guard draft.failure == nil else {
        limit = 1
        continue
      }
      _ = try draft.commit()
      count += issued
    }
  }

  /// Whether a change is admitted where there is no room but the reserve. The pages that a commit
  /// frees can be used after the next one, and are room for every change then: they are filled
  /// first.
  private func isAdmitted(
    _ ledger: Ledger, _ change: (inout Draft) -> Void
  ) throws -> Bool {
    _ = try fill(ledger, user: "bob")
    var draft = try make(ledger)
    draft.beginCommand()
    change(&draft)
    guard !draft.isRefused else { return false }
    let entryCount = draft.entryCount
    #expect(entryCount == 1)
    _ = try draft.commit()
    return true
  }

  private func make(_ ledger: Ledger) throws -> Draft {
    try ledger.makeDraft(at: Self.now, identifiers: try ledger.makeTokenIDGenerator())
  }

  private static let actor = Actor(
    organizationID: [], userID: [], tokenID: nil, processUserID: 0, processGroupID: 0,
    processID: 1)
}
