internal import Fleet
internal import Ledger
internal import Messages
@testable internal import Server
internal import Testing

/// Rows that the writer of a fleet's member can't apply.
@Suite struct FleetApplyingTests {
  /// It says so, how far it came, and keeps its commands.
  @Test func saysWhatItCannotApply() throws {
    let bench = try WriterBench(limits: FleetUpkeepTests.limits) { draft in
      WriterBench.create("acme", &draft)
    }
    let command = try bench.createOrganization("b")
    let proposal = try bench.proposal()
    let own = try #require(proposal.row)
    let good = try bench.otherRow()
    var newer = try bench.otherRow { WriterBench.create("c", &$0) }
    // A field of another version, at the end of the entry.
    newer.entries[0] += 3
    newer.entries += [0xc0, 0x0c, 1]
    bench.post(.fleet(.apply([good, newer])))
    guard case .applyFailed(.format(2), good.end) = try bench.next() else {
      Issue.record("an entry of another version was applied")
      return
    }
    bench.post(.fleet(.apply([own])))
    guard case .applyFailed(.forked, good.end) = try bench.next() else {
      Issue.record("a row of a fork was applied")
      return
    }
    #expect(bench.answers[command] == nil, "it is kept")
    bench.post(.fleet(.decide(proposal.id, .superseded)))
    guard case .propose(let again) = try bench.next() else {
      Issue.record("it is not decided anew")
      return
    }
    #expect(again.after == good.end)
    bench.refuse(again, .format(2))
    #expect(try bench.reason(command) == "FLEET_FORMAT")
    try bench.end()
  }

  /// Commands are never decided again because this member's ledger is full.
  @Test func stopsApplyingWhenItIsFull() throws {
    let bench = try WriterBench(limits: FleetUpkeepTests.limits, mapSizeBytes: 1 << 20)
    let command = try bench.createOrganization("acme")
    let proposal = try bench.proposal()
    var reached = bench.ledger.newestHead.position
    var isFull = false
    for _ in 0..<200 where !isFull {
      let row = try bench.otherRow { draft in
        for index in 0..<100 { WriterBench.create("o-\(draft.revision)-\(index)", &draft) }
      }
      bench.post(.fleet(.apply([row])))
      switch try bench.next() {
      case .applied(let position): reached = position
      case .applyFailed(.unapplied(let reason), let position):
        #expect(position == reached && reason.contains("full"))
        isFull = true
      default: Issue.record("neither applied nor not")
      }
    }
    #expect(isFull)
    try bench.settle()
    #expect(bench.answers[command] == nil && bench.messageCount == 0)
    bench.refuse(proposal, .unapplied("full"))
    #expect(try bench.reason(command) == "FLEET_UNAPPLIED")
    try bench.end()
  }
}
