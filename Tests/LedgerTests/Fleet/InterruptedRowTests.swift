internal import Fleet
internal import Ledger
internal import TestSupport
internal import Testing

/// Rows that are applied in part: the rest comes again.
@Suite struct InterruptedRowTests {
  private static func rows(_ count: Int, seed: UInt64) throws -> (LedgerMember, [LogRow]) {
    let source = try LedgerMember("a")
    var history = LedgerHistory(seed: seed)
    var rows: [LogRow] = []
    for batch in 0..<count {
      let proposal = try source.propose(atNanoseconds: Int64(batch)) {
        history.append(20, to: &$0)
      }
      let row = try #require(proposal.row)
      source.apply([row])
      rows.append(row)
    }
    return (source, rows)
  }

  /// Each step ends at a row's end, is durable, and whatever comes after a crash begins there.
  @Test func goesOnBehindWhatIsOnTheDisk() throws {
    let (source, rows) = try Self.rows(30, seed: 5)
    let target = try LedgerMember("b")
    var steps = 0
    while target.position != source.position {
      var application = RowApplication(rows)
      var end: LogPosition?
      for _ in 0..<3 where end != source.position {
        guard case .more = application.step(on: target.ledger, nanoseconds: 0) else { break }
        #expect(rows.contains { $0.end == target.position })
        steps += 1
        end = target.position
      }
      // Killed: nothing is kept but what is on the disk.
      try target.reopen()
      if let end { #expect(target.position == end) }
      if case .ended(let outcome) = application.step(on: target.ledger, nanoseconds: 1 << 40) {
        #expect(outcome == .applied(source.position))
      }
    }
    #expect(steps > 0)
    #expect(try TableContent.all(of: target.ledger) == TableContent.all(of: source.ledger))
  }

  /// What is before a wrong row is applied, in a step that would have held both.
  @Test func appliesWhatIsBeforeAWrongRow() throws {
    let (source, rows) = try Self.rows(10, seed: 6)
    let target = try LedgerMember("b")
    var wrong = rows
    wrong[6].entries[20] ^= 1
    guard case .damaged = target.apply(wrong, nanoseconds: 1 << 40) else {
      Issue.record("a damaged row was taken")
      return
    }
    #expect(target.position == rows[5].end)
    #expect(target.apply(rows, nanoseconds: 1 << 40) == .applied(source.position))
  }

  /// A full ledger keeps what fits, and says so; with more room the rest follows.
  @Test func stopsWhereThereIsNoRoom() throws {
    let (source, rows) = try Self.rows(120, seed: 7)
    let small = try LedgerMember("b", mapSizeBytes: 1 << 20)
    #expect(small.apply(rows, nanoseconds: 1 << 40) == .full)
    let reached = small.position
    #expect(reached.revision > 0 && reached.revision < source.position.revision)
    #expect(rows.contains { $0.end == reached })
    #expect(small.apply(rows, nanoseconds: 1 << 40) == .full, "still")
    #expect(try source.ledger.position(at: reached.revision) == reached)
    let copy = try LedgerMember("c")
    try copy.ledger.replay(small.ledger)
    #expect(try TableContent.all(of: copy.ledger) == TableContent.all(of: small.ledger))
  }
}
