internal import Fleet
internal import Ledger
internal import Messages
internal import Synchronization
internal import TestSupport
internal import Testing
internal import Tokens

/// One log on several ledgers, in rows.
@Suite struct FleetLogTests {
  /// Every ledger that applies a batch's row has the same tables, byte by byte, whichever host has
  /// decided it. So has the one that commits its own decision, unless it wrote something else
  /// meanwhile.
  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func makesTheSameTablesOnEveryMember(_ seed: UInt64) throws {
    let members = try ["a", "b", "c"].map { try LedgerMember($0) }
    var history = LedgerHistory(seed: seed)
    var random = SplitMix64(seed: seed)
    var rows: [LogRow] = []
    for batch in 0..<80 {
      let member = members[Int(random.next() % 3)]
      let before = member.position
      // The clocks of machines differ.
      let time = 1_000_000_000 * Int64(batch) + Int64(random.next() % 5_000_000_000)
      let proposal = try member.propose(atNanoseconds: time, isReport: batch % 7 == 0) { draft in
        history.append(1 + Int(random.next() % 40), to: &draft)
      }
      let row = try #require(proposal.row)
      #expect(proposal.after == before && row.first == before.revision + 1)
      #expect(row.isReport == (batch % 7 == 0))
      #expect(member.position == before, "a proposal changes nothing")
      rows.append(row)
      for other in members {
        if other === member, try member.commit(proposal, writingBefore: random.next() % 4 == 0) {
          continue
        }
        #expect(other.apply([row]) == .applied(row.end))
      }
    }
    #expect(history.kinds.count == LedgerHistory.kindCount)
    let expected = try TableContent.all(of: members[0].ledger)
    for member in members.dropFirst() {
      #expect(try TableContent.all(of: member.ledger) == expected)
      #expect(member.position == members[0].position)
    }
    // A member that comes later gets all at once, with any boundaries.
    let late = try LedgerMember("d")
    #expect(late.apply(rows, nanoseconds: 1_000_000_000) == .applied(members[0].position))
    let later = try LedgerMember("e")
    for rows in Self.recut(rows, &random) { later.apply([rows]) }
    for member in [late, later] {
      #expect(try TableContent.all(of: member.ledger) == expected)
      try member.reopen()
      #expect(member.position == members[0].position)
      #expect(try TableContent.all(of: member.ledger) == expected)
    }
    let copy = try LedgerMember("f")
    try copy.ledger.replay(members[0].ledger)
    #expect(try TableContent.all(of: copy.ledger) == expected, "the log tells all")
  }

  /// The same entries in rows of other lengths, each of which begins up to three entries early.
  private static func recut(_ rows: [LogRow], _ random: inout SplitMix64) -> [LogRow] {
    let entries = HandMadeRow.entries(of: rows)
    var (cut, start) = ([LogRow](), 0)
    while start < entries.count {
      let end = min(entries.count, start + 1 + Int(random.next() % 17))
      let early = max(0, start - Int(random.next() % 4))
      cut.append(HandMadeRow(first: UInt64(early + 1), Array(entries[early..<end])).row)
      start = end
    }
    return cut
  }

  @Test func namesTheHostInEveryEntry() throws {
    let member = try LedgerMember("alpha.example")
    let proposal = try member.propose(atNanoseconds: 5) { Self.create("acme", &$0) }
    let row = try #require(proposal.row)
    let entry = try #require(HandMadeRow.entries(of: [row]).first)
    let arena = Arena(initialBytes: 4096)
    let view = try PosternStorageV1.Entry(decoding: entry.span, in: arena)
    let isNamed = view.actor?.host.isEqual(to: Array("alpha.example".utf8).span)
    #expect(isNamed == true)
    #expect(HostName("".utf8) == nil && HostName([0x61, 0]) == nil)
    #expect(HostName(repeatElement(0x61, count: 254)) == nil)
  }

  @Test func proposesNothingWithoutAnEntry() throws {
    let member = try LedgerMember("a")
    let proposal = try member.propose(atNanoseconds: 5) { _ in }
    #expect(proposal.row == nil && proposal.after == .empty)
  }

  /// Token ids come from machines independently: one that another has made is not made again.
  @Test func makesNoTokenIDThatAnotherHasMade() throws {
    let members = try ["a", "b"].map { try LedgerMember($0) }
    var ids: [TokenID] = []
    for member in members {
      let proposal = try member.propose(atNanoseconds: 5_000_000) { draft in
        if ids.isEmpty { Self.create("acme", &draft) }
        let id = draft.nextTokenID(random: (1, 2))
        ids.append(id)
        let bytes = id.bytes
        draft.append(by: Self.actor) { entry in
          let issued = entry.makeTokenIssued()
          issued.setTokenID(bytes.span)
          issued.setKind(2)
          issued.setOrganizationID("acme")
          issued.setName("name \(ids.count)")
          issued.setScopes(1)
          let hash = SHA256.hash(bytes.span)
          issued.setSecretHash(hash.span)
        }
      }
      let row = try #require(proposal.row)
      for member in members { #expect(member.apply([row]) == .applied(row.end)) }
    }
    #expect(Set(ids).count == 2)
  }

  /// The rows that the first member brings are the whole log, whatever their size.
  @Test func cutsItsLogIntoRows() throws {
    let member = try LedgerMember("a")
    var history = LedgerHistory(seed: 3)
    for _ in 0..<60 {
      var draft = try member.ledger.makeDraft(
        at: LedgerTime(nanoseconds: 1), identifiers: member.identifiers)
      history.append(40, to: &draft)
      member.identifiers = try draft.commit()
    }
    let target = try LedgerMember("b")
    var count = 0
    while true {
      let rows = try member.ledger.rows(
        after: target.position.revision, maximumBytes: 250_000, term: 4)
      guard let last = rows.last else { break }
      #expect(rows.allSatisfy { $0.term == 4 && !$0.isReport })
      #expect(rows.dropLast().allSatisfy { $0.entries.count >= 100_000 })
      #expect(target.apply(rows) == .applied(last.end))
      #expect(try member.ledger.position(at: last.last) == last.end)
      count += rows.count
    }
    #expect(count > 3)
    #expect(target.position == member.position)
    #expect(try TableContent.all(of: target.ledger) == TableContent.all(of: member.ledger))
    #expect(try member.ledger.position(at: 0) == .empty)
    #expect(try member.ledger.position(at: member.position.revision + 1) == nil)
  }

  /// The mark stays, with the fleet's epoch, and what the host knows of the ledger fits to it.
  @Test func belongsToAFleetOnceItHasJoined() throws {
    let member = try LedgerMember("a")
    #expect(member.ledger.fleetID == nil)
    try member.ledger.rememberNote()
    let id = member.ledger.identity.id
    let fleet = InstanceID(high: 7, low: 9)
    try member.ledger.joinFleet(fleet, epoch: 4711)
    try member.reopen()
    #expect(member.ledger.fleetID == fleet)
    #expect(member.ledger.identity.epoch == 4711)
    #expect(member.ledger.identity.id == id)
    #expect(try member.ledger.isNoted)
  }

  static let actor = Actor(
    organizationID: [], userID: [], tokenID: nil, processUserID: 0, processGroupID: 0,
    processID: 1)

  static func create(_ organization: String, _ draft: inout Draft) {
    draft.append(by: actor) { $0.makeOrganizationCreated().setOrganizationID(organization) }
  }
}
