internal import Fleet
internal import Ledger
internal import Metrics
internal import Platform

extension PosternServices {
  /// The metrics of the fleet; nothing without one.
  func writeFleet(_ snapshot: borrowing Snapshot, into text: inout OpenMetricsText) {
    guard let membership = status.fleet else { return }
    let knowledge = membership.knowledge.withLock { $0 }
    text.family(
      "postern_fleet_condition", .gauge,
      help: "1 for what the host does in its fleet, or for what is wrong; 0 for the rest.")
    for word in MemberCondition.words {
      text.sample(
        word == knowledge.condition.word ? "1" : "0", labels: [("condition", word)])
    }
    text.family(
      "postern_fleet_lag_revisions", .gauge,
      help: "Revisions that the fleet's database is known to have and this host has not applied.")
    text.sample("\(knowledge.lag(behind: snapshot.revision))")
    text.family(
      "postern_fleet_lease_seconds", .gauge,
      help: "For how long this host may go on to answer without news of the database; 0: not.",
      unit: "seconds")
    let left = UInt64(max(0, membership.lease.end.remainingNanoseconds))
    text.sample(OpenMetricsText.quotient(left, 1_000_000_000))
    text.family(
      "postern_fleet_members", .gauge,
      help: "Members of the fleet, by whether they may answer calls.")
    let now = Clock.bootNanoseconds()
    let answering = knowledge.members.count { knowledge.mayAnswer($0, atNanoseconds: now) }
    text.sample("\(answering)", labels: [("answering", "true")])
    text.sample("\(knowledge.members.count - answering)", labels: [("answering", "false")])
    writeFleetWork(membership.metrics, into: &text)
  }

  private func writeFleetWork(_ metrics: FleetMetrics, into text: inout OpenMetricsText) {
    text.family(
      "postern_fleet_poll_seconds", .histogram,
      help: "Time from a poll of the fleet's database to its answer.", unit: "seconds")
    text.histogram(metrics.pollNanoseconds.reading, scale: 1_000_000_000)
    text.family(
      "postern_fleet_appends", .counter, help: "Batches that this host has appended to the log.")
    text.sample("\(metrics.appends.current)", suffix: "_total")
    text.family(
      "postern_fleet_conflicts", .counter,
      help: "Batches that were decided anew, because another host was first.")
    text.sample("\(metrics.conflicts.current)", suffix: "_total")
    text.family(
      "postern_fleet_doubts", .counter,
      help: "Appends of which no answer said whether they stand.")
    text.sample("\(metrics.doubts.current)", suffix: "_total")
  }
}
