internal import Fleet

/// What a statement did.
struct StatementResult {
  let answer: UpstreamAnswer
  /// Whether it wrote, so that its answer waits for the commit.
  let hasWritten: Bool

  static func read(_ answer: UpstreamAnswer) -> StatementResult {
    StatementResult(answer: answer, hasWritten: false)
  }

  static func wrote(_ answer: UpstreamAnswer) -> StatementResult {
    StatementResult(answer: answer, hasWritten: true)
  }
}

extension SimulatedDatabase {
  /// Carries a request out. `isStale`: a server that was replaced answers it, if it only reads.
  mutating func execute(
    _ request: UpstreamRequest, ids: Range<Int>, isStale: Bool, at now: Int64,
    rules: SimulationRules
  ) -> StatementResult? {
    let source = isStale ? stale?.state ?? replicated : visible
    switch request {
    case .poll(let after, let maximumRows):
      return .read(.polled(source.poll(after: after, maximumRows: maximumRows, at: now)))
    case .members: return .read(.members(source.members.values.sorted { $0.host < $1.host }))
    case .reports:
      return .read(.reported(Array(source.members.values), Array(source.reports.values)))
    default: break
    }
    // A server that was replaced can't commit.
    if isStale, stale != nil, rules.renewalReadsItself { return nil }
    switch request {
    case .join(let row, let predecessors): return join(row, predecessors, at: now, rules: rules)
    case .renew(let row, let maximumRows, let readsMembers):
      let from = rules.renewalReadsItself ? visible : source
      var polled = from.poll(after: row.applied, maximumRows: maximumRows, at: now)
      if readsMembers { polled.members = Array(from.members.values) }
      return renew(row, polled, rules: rules, at: now)
    case .insert(let row, let after, let instance, let turn):
      let result = insert(row, after: after, by: instance, ids: ids, at: now, rules: rules)
      if turn != .keeps, case .inserted(true) = result.answer {
        leaveQueue(instance, queuesAgain: turn == .queuesAgain, at: now)
      }
      return result
    case .raise(let row, let format, let after, let instance):
      guard written.members.values.allSatisfy({ $0.format >= format }) else {
        return .read(.inserted(false))
      }
      let result = insert(row, after: after, by: instance, ids: ids, at: now, rules: rules)
      if case .inserted(true) = result.answer {
        var fleet = written.fleet
        fleet.format = max(fleet.format, format)
        write(.fleet(fleet), at: now)
        leaveQueue(instance, queuesAgain: false, at: now)
      }
      return result
    case .takeTurn(let instance, let nanoseconds):
      var (queue, end) = written.turns
      let isLate = written.isTurnLate(at: now)
      if isLate { queue = queue.dropFirst().filter { $0 != instance } }
      if isLate || queue.isEmpty { end = now + nanoseconds }
      if !queue.contains(instance) { queue.append(instance) }
      write(.turns(queue, untilTime: end), at: now)
      return .wrote(.done(queue.first == instance))
    case .giveTurn(let instance):
      leaveQueue(instance, queuesAgain: false, at: now)
      return .wrote(.done(true))
    case .leave(let instance):
      guard written.members[instance] != nil else { return .read(.done(false)) }
      write(.remove(instance), at: now)
      return .wrote(.done(true))
    case .forget(let instance, let seq):
      guard written.members[instance]?.seq == seq else { return .read(.done(false)) }
      write(.remove(instance), at: now)
      return .wrote(.done(true))
    case .report(let report, let fleet):
      let answer = UpstreamAnswer.reported(
        Array(visible.members.values), Array(visible.reports.values))
      guard fleet == written.fleet.id, report.seq > written.reports[report.instance]?.seq ?? 0
      else { return .read(answer) }
      write(.report(report), at: now)
      return .wrote(answer)
    case .poll, .members, .reports: return nil
    }
  }

  private mutating func join(
    _ row: MemberRow, _ predecessors: [InstanceID], at now: Int64, rules: SimulationRules
  ) -> StatementResult {
    let before = written.members[row.instance]
    guard row.term == written.fleet.term, row.format >= written.fleet.format,
      !rules.joinNeedsRow || written.hasEnd(row.applied),
      before.map({ $0.seq < row.seq || row.seq == 0 }) ?? true
    else { return .read(.joined(false)) }
    write(.enter(row), at: now)
    for predecessor in predecessors where written.members[predecessor] != nil {
      write(.remove(predecessor), at: now)
    }
    return .wrote(.joined(true))
  }

  private mutating func renew(
    _ row: MemberRow, _ polled: Polled, rules: SimulationRules, at now: Int64
  ) -> StatementResult {
    guard var before = written.members[row.instance],
      before.seq == row.seq, before.term == row.term, row.term == written.fleet.term,
      !rules.renewalNeedsRow || written.hasEnd(row.applied)
    else { return .read(.renewed(nil)) }
    before.seq += 1
    before.applied = row.applied
    write(.enter(before), at: now)
    return .wrote(.renewed(polled))
  }

  private mutating func insert(
    _ row: LogRow, after: LogPosition, by instance: InstanceID, ids: Range<Int>, at now: Int64,
    rules: SimulationRules
  ) -> StatementResult {
    guard written.turns(at: now).first ?? instance == instance else {
      return .read(.inserted(false))
    }
    if rules.insertIsGuarded {
      guard written.end == after, written.fleet.term == row.term else {
        return .read(.inserted(false))
      }
    } else if written.rows.contains(where: { $0.first == row.first }) {
      return .read(.inserted(false))
    }
    write(.append(row, ids: ids), at: now)
    return .wrote(.inserted(true))
  }

  private mutating func leaveQueue(_ instance: InstanceID, queuesAgain: Bool, at now: Int64) {
    let (queue, end) = written.turns
    guard queue.contains(instance) else { return }
    let rest = queue.filter { $0 != instance } + (queuesAgain ? [instance] : [])
    write(
      .turns(rest, untilTime: queue.first == instance ? now + 1_000_000_000 : end), at: now)
  }
}
