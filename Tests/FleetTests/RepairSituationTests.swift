internal import Fleet
internal import Testing

/// When a repair may be done, and where.
@Suite struct RepairSituationTests {
  private static let second: Int64 = 1_000_000_000

  private func position(_ revision: UInt64) -> LogPosition {
    LogPosition(revision: revision, hash: LogHash(revision, (0, 0, 0)))
  }

  private func voice(
    _ number: UInt64, head: UInt64, _ trouble: HeadReport.Trouble? = .forgot, isHeard: Bool = true
  ) -> MemberVoice {
    MemberVoice(
      instance: InstanceID(high: 0, low: number), host: "h\(number)", term: 1, head: position(head),
      trouble: trouble, isHeard: isHeard)
  }

  private func situation(
    own: UInt64 = 9, database: UInt64 = 5, differs: UInt64? = nil, trouble: Int64 = 1,
    knowsMembers: Bool = true, _ voices: [MemberVoice]
  ) -> RepairSituation {
    RepairSituation(
      own: position(own), databaseRevision: database, firstDifference: differs,
      leaseNanoseconds: 16 * Self.second, troubleNanoseconds: trouble * Self.second,
      knowsMembers: knowsMembers, voices: voices)
  }

  @Test func theLongestAppendsOnceAllWereHeard() {
    let voices = [voice(1, head: 9), voice(2, head: 5, nil)]
    #expect(situation(voices).verdict == .append)
    #expect(situation([]).verdict == .append)
    #expect(situation(own: 5, database: 5, []).verdict == .whole)
    #expect(situation(own: 5, database: 6, []).verdict == .behind)
    #expect(situation(differs: 4, voices).verdict == .differs(4))
    let longer = voice(3, head: 10, isHeard: false)
    #expect(situation(voices + [longer]).verdict == .longer(longer))
    #expect(situation(own: 5, database: 5, [longer]).verdict == .longer(longer))
  }

  /// The lease, an eighth of it, and two seconds.
  @Test func aSilentMemberIsWaitedFor() {
    let silent = voice(1, head: 3, nil, isHeard: false)
    #expect(
      situation([silent, voice(2, head: 9)]).verdict
        == .waits(remainingNanoseconds: 19 * Self.second, [silent]))
    #expect(situation(trouble: 20, [silent]).verdict == .append)
    // Without the database the other members are not known.
    #expect(
      situation(knowsMembers: false, []).verdict
        == .waits(remainingNanoseconds: 19 * Self.second, []))
    #expect(situation(trouble: 20, knowsMembers: false, []).verdict == .append)
  }

  /// A member that renews its lease may still apply what this host can't.
  @Test func aCutWaitsForMembersThatGoOn() {
    let stopped = [voice(1, head: 5, .damaged), voice(2, head: 5, .format)]
    #expect(situation(stopped).waitBeforeCut == nil)
    for open in [
      voice(3, head: 5, nil), voice(3, head: 5, .unapplied),
      voice(3, head: 5, .damaged, isHeard: false),
    ] {
      #expect(
        situation(stopped + [open]).waitBeforeCut
          == .waits(remainingNanoseconds: 19 * Self.second, [open]))
    }
    let silent = voice(3, head: 5, nil, isHeard: false)
    #expect(situation(trouble: 20, [silent]).waitBeforeCut == nil)
    #expect(
      situation(trouble: 20, [voice(3, head: 5, nil)]).waitBeforeCut
        == .waits(remainingNanoseconds: 0, [voice(3, head: 5, nil)]))
  }
}

/// A member that can't renew.
@Suite struct ReportingTests {
  /// It reports the trouble at once and repeatedly, and goes on polling: only a poll ends it.
  @Test func reportsAndLooksByTurns() throws {
    let end = LogPosition(revision: 3, hash: LogHash(3, (0, 0, 0)))
    var script = MemberScript(applied: end)
    // As short as a report's distance is then that of polls.
    script.fleet.leaseNanoseconds = 3 * MemberScript.second
    script.join()
    script.wait(MemberScript.second)
    var kinds: [Bool] = []
    var reports: [HeadReport] = []
    for _ in 0..<20 {
      switch script.sent(.follow) {
      case .report(let report, let fleet)?:
        #expect(fleet == MemberScript.fleetID && report.head == end && report.trouble == .forgot)
        reports.append(report)
        kinds.append(true)
        script.answer(.reported([], [report]))
      case .poll?, .renew?:
        kinds.append(false)
        script.follow(end: .missing)
      case let other: Issue.record("\(String(describing: other))")
      }
      script.wait(MemberScript.second / 5)
    }
    #expect(kinds.contains(true) && kinds.contains(false))
    #expect(!zip(kinds, kinds.dropFirst()).contains { $0 && $1 }, "two reports in a row")
    #expect(zip(reports, reports.dropFirst()).allSatisfy { $0.seq < $1.seq })
  }
}
