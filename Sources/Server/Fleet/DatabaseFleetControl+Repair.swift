// Repairs: what the database has lost is given back, what no member can apply is cut off, and a
// host whose changes are lost begins anew.
//
// Each begins with a look that decides on what this host and the database have now; the statements
// that change something state again what they rest on, so that they do nothing if anything has
// changed in between.

internal import EventLoop
internal import Fleet
internal import FleetStore
internal import Ledger
internal import Platform
internal import RPC
internal import Services

extension DatabaseFleetControl {
  func getRepair(_ membership: FleetMembership) throws(Status) -> RepairLook {
    let database = try connect()
    defer { database.close() }
    return try look(membership, in: database)
  }

  private func look(_ membership: FleetMembership, in database: BlockingFleetStore) throws(Status)
    -> RepairLook
  {
    let own = ledger.newestHead.position
    let (fleet, revision, isKnown) = try state(at: own, in: database)
    let voices = try database.ask(.reports)
    guard case .reported(let members, let reports) = voices else { throw .unanswered(voices) }
    membership.noteReports(members, reports)
    var (hash, difference): (LogHash?, UInt64?)
    if revision <= own.revision { hash = try position(at: revision)?.hash }
    if !isKnown {
      difference = try firstDifference(upTo: min(revision, own.revision), in: database)
    }
    let knowledge = membership.knowledge.withLock { $0 }
    let situation = RepairSituation(
      own: own, databaseRevision: revision, firstDifference: difference,
      leaseNanoseconds: fleet.leaseNanoseconds,
      troubleNanoseconds: knowledge.troubleNanoseconds.map { Clock.bootNanoseconds() - $0 } ?? 0,
      knowsMembers: knowledge.knowsMembers,
      voices: knowledge.voices.map(\.voice).filter { $0.instance != membership.instance })
    return RepairLook(
      fleet: fleet, databaseRevision: revision, databaseHash: hash, situation: situation,
      cutRevision: try cutRevision(knowledge.condition, difference, behind: own, in: database))
  }

  /// The fleet of this ledger, where its log ends, and whether a row ends at a position. No row is
  /// read, since one that does not open is refused.
  private func state(
    at position: LogPosition, in database: BlockingFleetStore
  ) throws(Status) -> (FleetRow, UInt64, Bool) {
    let answer = try database.ask(.poll(after: position, maximumRows: 0))
    guard case .polled(let polled) = answer else { throw .unanswered(answer) }
    guard let fleet = polled.fleet else { throw .fleet(.notReady) }
    // A ledger that has begun the fleet since it was opened does not know yet whose it is.
    let begun = InstanceID(high: ledger.identity.id.high, low: ledger.identity.id.low)
    guard fleet.id == ledger.fleetID ?? begun else { throw .fleet(.anotherFleet(fleet.id)) }
    return (fleet, polled.headRevision, polled.end == .known)
  }

  /// The first revision up to that of the database's end that it has otherwise than the ledger.
  private func firstDifference(
    upTo revision: UInt64, in database: BlockingFleetStore
  ) throws(Status) -> UInt64? {
    guard let end = try position(at: revision) else { return nil }
    if try state(at: end, in: database).2 { return nil }
    let answer = try database.ask(.poll(after: end, maximumRows: 1))
    guard case .polled(let polled) = answer else { throw .unanswered(answer) }
    return try isShared(through: end, polled)
      ? nil : database.firstUnshared(of: ledger, through: revision)
  }

  private func isShared(through position: LogPosition, _ polled: Polled) throws(Status) -> Bool {
    do { return try ledger.isShared(through: position, by: polled) } catch {
      throw .unreadable(error)
    }
  }

  private func cutRevision(
    _ condition: MemberCondition, _ difference: UInt64?, behind own: LogPosition,
    in database: BlockingFleetStore
  ) throws(Status) -> UInt64? {
    let trouble = condition.problem?.trouble
    guard difference == nil, trouble == .damaged || trouble == .format else { return nil }
    return try rows(from: own.revision + 1, maximumCount: 1, in: database).first?.first
  }

  func appendMissing(_ membership: FleetMembership) throws(Status) -> RepairEnd {
    let database = try connect()
    defer { database.close() }
    let look = try look(membership, in: database)
    var fleet = look.fleet
    switch look.situation.verdict {
    case .append: break
    case .whole where !fleet.isReady: break
    case let verdict:
      guard let status = verdict.refusal else {
        return RepairEnd(firstRevision: 0, count: 0, term: fleet.term)
      }
      throw status
    }
    guard let end = try position(at: look.databaseRevision) else { throw .fleetIsChanged }
    let before = fleet.term
    fleet.term = look.situation.voices.reduce(before) { max($0, $1.term) } + 1
    try database.require(.repair(fleet: fleet.id, from: before, to: fleet.term, at: end))
    log.warning(
      "a repair appends what the fleet's database lacks",
      [
        ("database_revision", "\(end.revision)"),
        ("revision", "\(look.situation.own.revision)"), ("term", "\(fleet.term)"),
      ])
    try upload(after: end, of: fleet, in: database) { revision in
      membership.knowledge.withLock { $0.uploadedRevision = revision }
    }
    log.info("the fleet's log is whole again", [("term", "\(fleet.term)")])
    access.link.mailbox.post(.demand)
    try database.wait(atMostNanoseconds: Self.joiningNanoseconds) { membership.isFollowing }
    return RepairEnd(
      firstRevision: end.revision + 1, count: look.situation.own.revision - end.revision,
      term: fleet.term)
  }

  func cutLog(from first: UInt64, _ membership: FleetMembership) throws(Status) -> RepairEnd {
    let database = try connect()
    defer { database.close() }
    let look = try look(membership, in: database)
    guard look.cutRevision == first else { throw .nothingToCut(look.cutRevision) }
    if let status = look.situation.waitBeforeCut?.refusal { throw status }
    let rows = try rows(from: first, maximumCount: .max, in: database)
    guard let end = rows.last?.end else { throw .fleetIsChanged }
    let file: String
    do { file = try KeptRows.keep(rows, in: folder) } catch {
      throw Status(.internalError, "the rows can't be kept in `\(folder)`: \(error)")
    }
    let term = look.situation.voices.reduce(look.fleet.term) { max($0, $1.term) } + 1
    try database.require(
      .cut(
        from: first, through: end, fleet: look.fleet.id, term: look.fleet.term, to: term))
    let count = rows.reduce(0) { $0 + $1.last - $1.first + 1 }
    log.warning(
      "a repair has cut off rows of the fleet's log that no member could apply",
      [
        ("first_revision", "\(first)"), ("count", "\(count)"), ("term", "\(term)"),
        ("file", file),
      ])
    access.link.mailbox.post(.demand)
    try database.wait(atMostNanoseconds: Self.joiningNanoseconds) { membership.isFollowing }
    return RepairEnd(firstRevision: first, count: count, term: term, file: file)
  }

  /// The rows that begin at a revision or behind, as they stand.
  private func rows(
    from first: UInt64, maximumCount: Int, in database: BlockingFleetStore
  ) throws(Status) -> [LogRow] {
    var rows: [LogRow] = []
    while rows.count < maximumCount {
      let answer = try database.ask(.read(from: rows.last.map { $0.last + 1 } ?? first))
      guard case .rows(let found) = answer else { throw .unanswered(answer) }
      if found.isEmpty { break }
      rows += found
    }
    return rows
  }

  func rebuildMember(_ membership: FleetMembership) throws(Status) -> RepairEnd {
    let database = try connect()
    defer { database.close() }
    let look = try look(membership, in: database)
    guard let first = look.situation.firstDifference else { throw .nothingToRebuild }
    // Until the repair is over, it is unknown what the log will have.
    guard look.fleet.isReady else { throw .fleet(.repairing) }
    let kept: LostChanges
    do {
      kept = try ledger.keepLost(from: first, fleet: look.fleet.id, term: look.fleet.term)
    } catch { throw .unreadable(error) }
    do {
      try LedgerSetAside.request("forked-\(look.fleet.term)-\(first)", in: folder)
    } catch {
      throw Status(.internalError, "the next start can't be told to begin anew: \(error)")
    }
    log.warning(
      "ending, to be started again with an empty ledger: changes of this host are lost",
      [("first_revision", "\(first)"), ("count", "\(kept.count)"), ("file", kept.name)])
    membership.startAgain()
    return RepairEnd(
      firstRevision: first, count: kept.count, term: look.fleet.term, file: kept.name)
  }
}

extension Status {
  fileprivate static var fleetIsChanged: Status { .unanswered(.done(false)) }

  fileprivate static var nothingToRebuild: Status {
    Status(
      .failedPrecondition,
      "the fleet's database has no other changes than this host: nothing of it has to be given up",
      reason: "NOTHING_TO_REBUILD")
  }

  fileprivate static func nothingToCut(_ revision: UInt64?) -> Status {
    let found =
      revision.map { "the row that this host can't apply begins at revision \($0)" }
      ?? "this host is not stopped by a row that it can't apply"
    return Status(.failedPrecondition, "\(found): nothing was cut off", reason: "NOTHING_TO_CUT")
  }
}
