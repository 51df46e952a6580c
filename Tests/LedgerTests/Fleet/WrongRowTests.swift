internal import Fleet
internal import Ledger
internal import Messages
internal import TestSupport
internal import Testing
internal import Tokens

/// Rows that are not what a member of this version has written behind the own head: each is an
/// outcome, and leaves the ledger as the rows before it have.
@Suite struct WrongRowTests {
  private typealias Field = HandMadeRow

  private static let acme = Field.text(1, "acme")

  /// A member with one entry, and the row that made it.
  private static func begun() throws -> (LedgerMember, LogRow) {
    let member = try LedgerMember("a")
    var row = HandMadeRow(after: .empty)
    row.append(16, acme)
    #expect(member.apply([row.row]) == .applied(row.row.end))
    return (member, row.row)
  }

  @Test func tellsAForkFromDamage() throws {
    let (member, first) = try Self.begun()
    // The same row again, and one that covers the head, change nothing.
    #expect(member.apply([first]) == .applied(first.end))
    // Another entry where this ledger has one.
    var other = HandMadeRow(after: .empty)
    other.append(16, Field.text(1, "other"))
    #expect(member.apply([other.row]) == .forked(first.end))
    #expect(try member.ledger.outcome(comparing: other.row) == .forked(first.end))
    #expect(try member.ledger.outcome(comparing: first) == nil)
    other.append(16, Field.text(1, "further"))
    #expect(member.apply([other.row]) == .forked(first.end), "a row that covers the head")
    // An entry that follows upon another one than this ledger has.
    var behind = HandMadeRow(after: LogPosition(revision: 1, hash: LogHash(7, (7, 7, 7))))
    behind.append(16, Field.text(1, "other"))
    #expect(member.apply([behind.row]) == .forked(first.end))
    #expect(member.position == first.end)
  }

  @Test func refusesWhatIsNoRow() throws {
    let (member, first) = try Self.begun()
    var good = HandMadeRow(after: first.end)
    good.append(16, Field.text(1, "b"))
    good.append(16, Field.text(1, "c"))
    let row = good.row
    func expectDamage(
      _ sentence: String, at revision: UInt64 = 2, _ location: SourceLocation = #_sourceLocation,
      _ change: (inout LogRow) -> Void
    ) {
      var wrong = row
      change(&wrong)
      #expect(
        member.apply([wrong]) == .damaged(revision: revision, sentence), sourceLocation: location)
      #expect(member.position == first.end, sourceLocation: location)
    }
    expectDamage("its row does not consist of entries", at: 3) { $0.entries.removeLast() }
    expectDamage("its row does not consist of entries", at: 4) { $0.entries += [1, 0] }
    expectDamage("its row does not consist of entries") { $0.entries[3] = 0xff }
    expectDamage("its row ends before it", at: 4) { $0.end.revision += 1 }
    expectDamage("its row is said to end before it", at: 3) { $0.end.revision -= 1 }
    expectDamage("the entry doesn't have the hash of its row", at: 3) {
      $0.end.hash = first.end.hash
    }
    expectDamage("a row ends before it begins") { $0.first = 9 }
    expectDamage("the row of this revision is missing") { row in
      row.first += 1
      row.end.revision += 1
    }
    expectDamage("the entry says that it is that of revision 3") { row in
      row.entries = Field.entries(of: [row]).reversed().flatMap(Field.framed)
    }
    #expect(member.apply([row]) == .applied(row.end), "the row itself is good")
  }

  @Test func keepsTheTimeAndTheChain() throws {
    let (member, first) = try Self.begun()
    var old = HandMadeRow(after: first.end)
    old.append(16, Field.text(1, "b"), atNanoseconds: 5)
    #expect(
      member.apply([old.row])
        == .damaged(revision: 2, "the entry is older than the one before"))
    var row = HandMadeRow(after: first.end)
    row.append(16, Field.text(1, "b"))
    let stranger = HandMadeRow(first: 2, Field.entries(of: [row.row, first])).row
    guard case .damaged(3, _) = member.apply([stranger]) else {
      Issue.record("an entry that does not follow was taken")
      return
    }
    #expect(member.position == first.end)
  }

  /// What a newer version may have written is told from damage, at every level, and not taken.
  @Test func doesNotHalfUnderstandANewerVersion() throws {
    let (member, first) = try Self.begun()
    func outcome(_ fill: (inout HandMadeRow) -> Void) -> RowOutcome {
      var row = HandMadeRow(after: first.end)
      fill(&row)
      return member.apply([row.row])
    }
    func expectUnknown(
      _ location: SourceLocation = #_sourceLocation, _ fill: (inout HandMadeRow) -> Void
    ) {
      guard case .unknown(2, let sentence) = outcome(fill) else {
        Issue.record("it was taken, or called damaged", sourceLocation: location)
        return
      }
      #expect(!sentence.isEmpty, sourceLocation: location)
      #expect(member.position == first.end, sourceLocation: location)
    }
    expectUnknown { $0.append(99, Self.acme) }
    expectUnknown { $0.append(16, Field.text(1, "b"), further: Field.number(300, 1)) }
    expectUnknown { $0.append(16, Field.text(1, "b") + Field.number(77, 1)) }
    expectUnknown { $0.append(16, Field.text(1, "b"), actor: Field.text(15, "new")) }
    let id = Field.bytes(1, [UInt8](repeating: 1, count: 16))
    let issued = id + Field.bytes(2, [UInt8](repeating: 2, count: 32)) + Field.text(4, "acme")
    expectUnknown { $0.append(28, issued + Field.number(3, 9)) }
    expectUnknown { $0.append(28, issued + Field.number(3, 2) + Field.number(7, 8)) }
    expectUnknown { $0.append(30, id + Field.number(3, 64)) }
    expectUnknown { $0.append(30, id + Field.number(3, 2) + Field.number(5, 256)) }
    expectUnknown { $0.append(51, Field.number(1, 2)) }
    #expect(
      outcome { $0.append(51, Field.number(1, 1)) }
        == .damaged(revision: 2, "the entry raises no format"))
    // And the same without what is new is good.
    guard case .applied = outcome({ $0.append(28, issued + Field.number(3, 2)) }) else {
      Issue.record("a good entry was not taken")
      return
    }
  }

  @Test func refusesAPolicyThatItCannotRead() throws {
    let (member, first) = try Self.begun()
    let text = Array("{ future: true }".utf8)
    func outcome(hash: [UInt8], isReadable: Bool) -> RowOutcome? {
      var row = HandMadeRow(after: first.end)
      row.append(37, Field.bytes(1, hash) + Field.bytes(2, text))
      var application = RowApplication([row.row]) { found, base in
        found.isEqual(to: text.span) && base.isEmpty && isReadable
      }
      guard case .ended(let outcome) = application.step(on: member.ledger, nanoseconds: 0) else {
        return nil
      }
      return outcome
    }
    let hash = HandMadeRow.hash(text)
    #expect(
      outcome(hash: hash, isReadable: false)
        == .unknown(revision: 2, "the policy is not one that this version can read"))
    #expect(
      outcome(hash: first.end.hash.bytes, isReadable: true)
        == .damaged(revision: 2, "the policy doesn't have the hash that the entry holds"))
    guard case .applied = outcome(hash: hash, isReadable: true) else {
      Issue.record("a policy was not taken")
      return
    }
  }

  /// No content of the database can end the process.
  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func survivesEveryRow(_ seed: UInt64) throws {
    let source = try LedgerMember("a")
    var history = LedgerHistory(seed: seed)
    var random = SplitMix64(seed: seed)
    let proposal = try source.propose(atNanoseconds: 1 << 40) { history.append(80, to: &$0) }
    let whole = try #require(proposal.row)
    let entries = Field.entries(of: [whole])
    var taken = 0
    for _ in 0..<10 {
      let target = try LedgerMember("b")
      let count = 1 + Int(random.next() % UInt64(entries.count - 1))
      target.apply([HandMadeRow(first: 1, Array(entries[..<count])).row], nanoseconds: 1 << 40)
      var entry = entries[count]
      for _ in 0..<(1 + random.next() % 3) {
        let place = Int(random.next() % UInt64(entry.count))
        switch random.next() % 3 {
        case 0: entry[place] = UInt8(truncatingIfNeeded: random.next())
        case 1: entry[place] ^= 1 << UInt8(random.next() % 8)
        default: entry.remove(at: place)
        }
        if entry.isEmpty { entry = [0] }
      }
      let before = target.position
      let row = HandMadeRow(first: UInt64(count + 1), [entry]).row
      switch target.apply([row]) {
      case .applied(let end):
        #expect(end == row.end)
        taken += 1
        // What was taken can be read: a replay of the log gets to the same place.
        let copy = try LedgerMember("c")
        try copy.ledger.replay(target.ledger)
        #expect(try TableContent.all(of: copy.ledger) == TableContent.all(of: target.ledger))
      case .damaged, .unknown, .forked: #expect(target.position == before)
      case .full, .failed: Issue.record("the ledger itself failed")
      }
    }
    #expect(taken < 10)
  }
}
