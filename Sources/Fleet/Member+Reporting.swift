// Reporting: a member that can't renew says where its log ends, so that a repair knows of it. What
// it says renews nothing.

/// What a member has told of its head.
struct Reporting: Sendable {
  /// When it was sent last; nil for never.
  var sentNanoseconds: Int64?
  var head: LogPosition?
  var trouble: HeadReport.Trouble?
  var count: UInt64 = 0
  /// Whether a poll has to come before the next one: reports must not take the place of looks, by
  /// which alone the trouble ends.
  var isPollNext = false
}

extension Member {
  /// The report to send now; nil for none.
  mutating func nextReport() -> UpstreamRequest? {
    guard !reporting.isPollNext, let trouble = problemToReport?.trouble,
      let fleet = identity.fleet ?? following.fleet?.id,
      now >= nextReportNanoseconds(trouble)
    else { return nil }
    reporting.count += 1
    reporting.isPollNext = true
    (reporting.sentNanoseconds, reporting.head, reporting.trouble) = (now, applied, trouble)
    let report = HeadReport(
      instance: identity.instance, host: identity.host, seq: reporting.count,
      term: membership.lastTerm, head: applied, trouble: trouble)
    return .report(report, fleet: fleet)
  }

  private var problemToReport: FleetProblem? {
    following.problem ?? following.pollRefusal.map { .database($0) }
  }

  /// At once if there is news, and else now and then, so that others see that it is still there.
  private func nextReportNanoseconds(_ trouble: HeadReport.Trouble) -> Int64 {
    guard let sent = reporting.sentNanoseconds, reporting.head == applied,
      reporting.trouble == trouble
    else { return .min }
    return sent + max(settings.pollNanoseconds, following.leaseNanoseconds / 60)
  }

  /// What is told is for people: where it does not arrive, following goes on.
  mutating func reported(_ answer: UpstreamAnswer) {
    if case .reported(let members, let reports) = answer {
      following.lastAnswerNanoseconds = now
      following.failure = nil
      enqueue(.reported(members, reports))
    } else {
      following.pauseUntilNanoseconds = now + settings.pollNanoseconds
    }
  }
}
