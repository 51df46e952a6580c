internal import Fleet
internal import Testing

@Suite struct MemberTests {
  @Test func servesAfterARenewalThatWasSentWhenItWasIn() {
    var script = MemberScript()
    #expect(script.condition == .joining)
    script.follow()
    #expect(script.lease == .min)
    guard case .join = script.sent(.follow) else {
      Issue.record("it joins once it has seen the log")
      return
    }
    script.follow()
    script.now = MemberScript.second
    script.follow()
    #expect(script.lease == MemberScript.lease)
    #expect(script.condition == .following)
  }

  @Test func hasRowsAppliedBeforeItsLeaseGrows() {
    var script = MemberScript()
    script.follow()
    script.follow()
    script.follow([row(1), row(2)])
    #expect(script.lease == .min)
    script.apply()
    #expect(script.lease == MemberScript.lease)
    #expect(script.member.applied == position(2))
  }

  @Test func catchesUpBeforeItJoins() {
    var script = MemberScript(maximumRows: 2)
    script.follow([row(1), row(2)], isFull: true)
    script.apply()
    #expect(script.condition == .catchingUp(1))
    guard case .poll(after: position(2), _) = script.sent(.follow) else {
      Issue.record("the next page is asked for at once")
      return
    }
    script.follow([row(3)])
    script.apply()
    guard case .join(let row, _) = script.sent(.follow) else {
      Issue.record("it joins behind the last page")
      return
    }
    #expect(row.applied == position(3))
  }

  @Test func doesNotRenewWhatTheLogHasForgotten() {
    for (end, problem) in [
      (Polled.EndState.missing, FleetProblem.forgot(position(3))),
      (.differs, .forked(position(3))),
    ] {
      var script = MemberScript(applied: position(3))
      script.join()
      let lease = script.lease
      script.wait(MemberScript.lease / 10)
      while case .poll = script.sent(.follow) {
        script.follow()
        script.wait(MemberScript.second)
      }
      script.follow(end: end)
      #expect(script.condition == .impaired(problem))
      #expect(script.lease == lease)
      script.member.propose(
        Proposal(id: ProposalID(1), after: position(3), row: row(4)), at: script.now)
      script.take()
      #expect(script.verdict == .refused(problem))
    }
  }

  @Test func appliesItsOwnRowOnceItIsCommitted() {
    var script = MemberScript.proposing(row(1))
    #expect(script.rowsToApply == nil)
    script.answer(.inserted(true), on: .append)
    #expect(script.verdict == nil)
    script.apply()
    #expect(script.verdict == .stands)
  }

  @Test func decidesAnewBehindTheRowThatWasFirst() {
    var script = MemberScript.proposing(row(1))
    script.answer(.inserted(false), on: .append)
    script.wait(MemberScript.second / 10)
    script.follow([row(1, branch: 2)])
    #expect(script.verdict == nil)
    script.apply()
    #expect(script.verdict == .superseded)
  }

  @Test func decidesInItsTurnOnceItWasNotFirst() {
    let own = InstanceID(high: 1, low: 1)
    let other = InstanceID(high: 2, low: 2)
    var script = MemberScript.proposing(row(1))
    script.answer(.inserted(false), on: .append)
    script.follow([row(1, branch: 2)])
    #expect(script.mayDecide == nil)
    script.apply()
    #expect(script.verdict == .superseded && script.mayDecide == false)
    #expect(script.sent(.append) == nil, "its host has nothing to decide")
    script.member.wantTurn(at: script.now)
    script.take()
    guard case .takeTurn(own, _) = script.sent(.append) else {
      Issue.record("it queues up")
      return
    }
    script.answer(.done(false), on: .append)
    for turns in [[other, own], [other, own], [own]] {
      #expect(script.mayDecide == false)
      while script.sent(.follow) == nil { script.wait(1_000_000) }
      let rows = turns.count == 1 ? [row(2, branch: 2)] : []
      script.follow(rows, turns: turns)
    }
    #expect(script.mayDecide == false, "not before all is applied")
    script.apply()
    #expect(script.mayDecide == true)
    for (number, end) in [(3, TurnEnd.keeps), (4, .passes)] as [(UInt64, TurnEnd)] {
      append(number, hasMore: end == .keeps, ending: end, by: own, in: &script)
    }
    #expect(script.mayDecide == false)
    // No other host has appended for a while.
    script.wait(MemberScript.second * 2)
    while script.sent(.follow) != nil {
      script.follow()
      script.wait(MemberScript.second / 20)
    }
    #expect(script.mayDecide == true)
  }

  /// Appends a row in the member's turn, and looks what that does with the turn.
  private func append(
    _ number: UInt64, hasMore: Bool, ending end: TurnEnd, by own: InstanceID,
    in script: inout MemberScript
  ) {
    let proposal = Proposal(
      id: ProposalID(number), after: script.member.applied, row: row(number, branch: 2),
      hasMore: hasMore)
    script.member.propose(proposal, at: script.now)
    script.take()
    guard case .insert(_, _, let member, let found) = script.sent(.append) else {
      Issue.record("nothing is inserted")
      return
    }
    #expect(member == own && found == end)
    script.answer(.inserted(true), on: .append)
    script.apply()
  }

  /// A host that always has more to decide keeps no other waiting beyond its slice.
  @Test func queuesUpAgainAfterItsSlice() {
    let own = InstanceID(high: 1, low: 1)
    var script = MemberScript.proposing(row(1))
    script.answer(.inserted(false), on: .append)
    script.follow([row(1, branch: 2)])
    script.apply()
    script.member.wantTurn(at: script.now)
    script.take()
    script.answer(.done(true), on: .append)
    script.follow(turns: [own])
    #expect(script.mayDecide == true)
    for (number, end) in [(2, TurnEnd.keeps), (3, .queuesAgain)] as [(UInt64, TurnEnd)] {
      if end == .queuesAgain { script.now += 30_000_000 }
      append(number, hasMore: true, ending: end, by: own, in: &script)
    }
    #expect(script.mayDecide == false)
  }

  @Test func givesATurnBackThatItsHostDoesNotNeed() {
    var script = MemberScript.proposing(row(1))
    script.answer(.inserted(false), on: .append)
    script.follow([row(1, branch: 2)])
    script.apply()
    script.member.wantTurn(at: script.now)
    script.take()
    script.answer(.done(true), on: .append)
    // It looks at once.
    script.follow(turns: [InstanceID(high: 1, low: 1)])
    #expect(script.mayDecide == true)
    script.member.beIdle(at: script.now)
    script.take()
    guard case .giveTurn = script.sent(.append) else {
      Issue.record("the others wait for it")
      return
    }
  }

  @Test func freezesARowInDoubtUntilTheLogShows() {
    var script = MemberScript.proposing(row(1))
    script.answer(.doubt("connection lost"), on: .append)
    script.wait(MemberScript.second / 10)
    // Nothing there: the same row again, and this time it is refused for good.
    script.follow()
    #expect(script.sent(.append) != nil)
    script.answer(.refused(DatabaseRefusal(state: "53100", message: "disk full")), on: .append)
    #expect(script.verdict == nil)
    // The first attempt was carried out after all. A renewal confirms it.
    script.wait(MemberScript.second / 10)
    script.follow([row(1)])
    script.apply()
    #expect(script.verdict == nil)
    guard case .renew = script.sent(.follow) else {
      Issue.record("it is confirmed by a renewal")
      return
    }
    script.follow()
    #expect(script.verdict == .stands)
  }

  /// The simulation found both of these: a row in doubt was seen and had only to be confirmed, when
  /// another member's row came behind it; and an own row that was committed could not be applied.
  /// Each time its command was answered as if it stood nowhere.
  @Test func neverTakesBackARowThatStands() {
    for isFull in [false, true] {
      var script = MemberScript.proposing(row(1))
      if isFull {
        script.answer(.inserted(true), on: .append)
        script.failToApply()
      } else {
        script.answer(.doubt("connection lost"), on: .append)
      }
      script.wait(MemberScript.second * 2)
      script.follow([row(1)])
      script.apply()
      script.answer(.doubt("connection lost"))
      script.wait(MemberScript.second)
      script.follow([row(2, branch: 2)])
      script.apply()
      #expect(script.verdict == nil)
      script.follow()
      #expect(script.verdict == .stands)
    }
  }

  /// The simulation found this too: a server that was replaced still showed a row that was lost
  /// with it, while the own row stood in the log and no member knew of it.
  @Test func believesNoPollThatItsRowInDoubtWasOvertaken() {
    for isInDoubt in [false, true] {
      var script = MemberScript.proposing(row(1))
      if isInDoubt { script.answer(.doubt("connection lost"), on: .append) }
      script.wait(MemberScript.second / 10)
      script.follow([row(1, branch: 2)])
      script.apply()
      #expect(script.verdict == nil)
      if !isInDoubt {
        script.answer(.doubt("connection lost"), on: .append)
        #expect(script.verdict == nil)
      }
      guard case .renew = script.sent(.follow) else {
        Issue.record("it is confirmed by a renewal")
        return
      }
      script.follow()
      #expect(script.verdict == .superseded)
    }
  }

  /// And this: the row was lost, and came back by a repair in which each entry has a row.
  @Test func knowsItsEntriesAgainInOtherRows() {
    let own = LogRow(first: 1, end: position(2), term: 1, isReport: false, entries: [])
    var script = MemberScript.proposing(own)
    script.answer(.doubt("connection lost"), on: .append)
    script.wait(MemberScript.second / 10)
    script.follow([row(1)], isFull: true)
    script.apply()
    script.follow([row(2)])
    script.apply()
    #expect(script.verdict == nil)
    script.wait(MemberScript.second / 10)
    script.follow()
    #expect(script.verdict == .stands)
  }

  /// The simulation found this as well: a poll was answered from the past, and meanwhile the own
  /// row was appended and applied.
  @Test func appliesNothingThatFollowsAnotherRowThanItsOwn() {
    var script = MemberScript.proposing(row(1))
    script.wait(MemberScript.second / 10)
    script.answer(.inserted(true), on: .append)
    script.apply()
    #expect(script.verdict == .stands)
    script.actions = script.actions.filter { if case .apply = $0 { false } else { true } }
    script.follow([row(1, branch: 2), row(2, branch: 2)])
    #expect(script.rowsToApply == nil)
    script.follow([row(2)])
    #expect(script.rowsToApply?.map(\.end) == [position(2)])
  }

  @Test func looksNoSoonerForARowInDoubtInALogThatHasForgotten() {
    var script = MemberScript.proposing(row(1))
    script.answer(.doubt("connection lost"), on: .append)
    script.wait(MemberScript.second / 10)
    script.follow(end: .missing)
    // It reports that, and the report replaces no poll.
    for _ in 0..<2 {
      while script.sent(.follow) == nil { script.wait(1_000_000) }
      script.takeReport()
      guard case .poll = script.sent(.follow) else {
        Issue.record("it looks")
        return
      }
      let asked = script.now
      script.follow(end: .missing)
      while script.sent(.follow) == nil { script.wait(1_000_000) }
      #expect(script.now - asked >= script.member.settings.pollNanoseconds)
    }
  }

  @Test func raisesTheFormatOnceAllCanReadIt() {
    var script = MemberScript(format: 2)
    script.join()
    var other = otherMember(seq: 5, applied: 0)
    script.readMembersAgain([other])
    #expect(script.raisable == nil)
    other.format = 3
    script.readMembersAgain([other])
    #expect(script.raisable == 2)
    // No caller waits for it: where it is not known to stand, it is given up.
    for (number, answer) in [(1, UpstreamAnswer.inserted(false)), (2, .doubt("lost"))] {
      script.actions.removeAll { if case .decide = $0 { true } else { false } }
      script.member.propose(
        Proposal(
          id: ProposalID(UInt64(number)), after: .empty, row: row(1), raisedFormat: 2),
        at: script.now)
      script.take()
      guard case .raise(_, to: 2, after: .empty, _) = script.sent(.append) else {
        Issue.record("it is sent as what it is")
        return
      }
      script.answer(answer, on: .append)
      #expect(script.verdict == .superseded)
    }
    // It stands after all, and is applied as another's.
    script.wait(MemberScript.second)
    script.follow([row(1)])
    script.apply()
    #expect(script.member.applied == position(1))
  }

  @Test func confirmsDecisionsThatAppendNothing() {
    var script = MemberScript()
    script.join()
    script.member.propose(Proposal(id: ProposalID(1), after: .empty, row: nil), at: script.now)
    script.take()
    #expect(script.verdict == nil)
    script.follow()
    #expect(script.verdict == .stands)
  }

  @Test func waitsUntilTheOthersHaveReportedOrAreOver() {
    var script = MemberScript(applied: position(3))
    script.join()
    script.member.await(WaiterID(1), revision: 3, at: script.now)
    script.take()
    script.follow(members: [otherMember(seq: 5, applied: 2)])
    #expect(!script.isReached)
    while case .none = script.sent(.follow) { script.wait(MemberScript.second) }
    script.follow(members: [otherMember(seq: 6, applied: 3)])
    while !script.isReached, script.now < MemberScript.lease {
      script.wait(MemberScript.second / 10)
      if script.sent(.follow) != nil { script.follow(members: [otherMember(seq: 6, applied: 3)]) }
    }
    #expect(script.now < MemberScript.second * 3)
  }

  @Test func countsNoReadThatWasSentBeforeTheWait() {
    var script = MemberScript(applied: position(3))
    script.join()
    script.member.await(WaiterID(1), revision: 3, at: script.now)
    script.take()
    // This read is under way when the second wait begins.
    script.member.await(WaiterID(2), revision: 3, at: script.now)
    script.take()
    script.follow(members: [])
    #expect(script.reached == [WaiterID(1)])
    script.follow(members: [])
    #expect(script.reached == [WaiterID(1), WaiterID(2)])
  }

  @Test func waitsNoLongerThanAnyLeaseLasts() {
    var script = MemberScript(applied: position(3))
    script.join()
    script.member.await(WaiterID(1), revision: 3, at: script.now)
    script.take()
    script.answer(.doubt("connection lost"))
    let over = Lease.surelyOverNanoseconds(MemberScript.lease)
    while !script.isReached, script.now < 2 * over {
      script.now += MemberScript.second
      script.member.tick(at: script.now)
      script.take()
      if script.sent(.follow) != nil { script.answer(.unreachable("connection refused")) }
    }
    #expect(script.now >= over && script.now <= over + MemberScript.second)
    #expect(script.condition == .impaired(.away("connection refused")))
  }

  @Test func joinsAnewOnceItsRowIsGone() {
    var script = MemberScript(applied: position(3))
    script.join()
    let seq = script.seq
    script.wait(MemberScript.lease / 11)
    while case .poll = script.sent(.follow) {
      script.follow()
      script.wait(MemberScript.second / 10)
    }
    script.answer(.renewed(nil))
    #expect(script.condition == .impaired(.removed))
    script.follow()
    script.follow()
    #expect(script.seq > seq)
    script.follow()
    #expect(script.condition == .following)
  }

  @Test func givesItsLeaseUpBeforeItLeaves() {
    var script = MemberScript()
    script.join()
    script.member.leave(at: script.now)
    script.take()
    #expect(script.lease == .min)
    guard case .leave = script.sent(.follow) else {
      Issue.record("it removes its row")
      return
    }
    script.answer(.done(true))
    #expect(script.member.hasLeft)
    #expect(script.member.nextTickNanoseconds == nil)
  }
}
