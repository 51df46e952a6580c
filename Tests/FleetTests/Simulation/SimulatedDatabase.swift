internal import Fleet

/// A database as far as a fleet sees it: what each request does, in the words of its SQL. There are
/// three states of the same log of writes: what was written, what others see, and what the standby
/// has. A commit is answered once others see it.
struct SimulatedDatabase {
  private(set) var written: DatabaseState
  private(set) var visible: DatabaseState
  private(set) var replicated: DatabaseState
  /// When each revision became visible.
  private(set) var visibleTimes: [Int64]
  private var writes: [DatabaseWrite] = []
  private var visibleCount = 0
  private var replicatedCount = 0
  /// What an old primary still answers selects from, until then.
  private(set) var stale: (state: DatabaseState, untilTime: Int64)?
  let isSynchronous: Bool

  init(_ state: DatabaseState, isSynchronous: Bool) {
    written = state
    visible = state
    replicated = state
    visibleTimes = state.chain.map { _ in 0 }
    self.isSynchronous = isSynchronous
  }

  /// How many writes there are: a commit is safe once as many are replicated.
  var writeCount: Int { writes.count }

  var isAllReplicated: Bool { replicatedCount == writes.count }

  mutating func write(_ write: DatabaseWrite, at now: Int64) {
    writes.append(write)
    written.apply(write)
    if !isSynchronous { show(writes.count, at: now) }
  }

  /// The standby has taken over so many writes; with a synchronous one others see them now.
  mutating func replicate(_ count: Int, at now: Int64) {
    while replicatedCount < min(count, writes.count) {
      replicated.apply(writes[replicatedCount])
      replicatedCount += 1
    }
    show(replicatedCount, at: now)
  }

  /// The primary starts again, and shows what was written before the standby has it.
  mutating func showEarly(at now: Int64) { show(writes.count, at: now) }

  private mutating func show(_ count: Int, at now: Int64) {
    while visibleCount < count {
      visible.apply(writes[visibleCount])
      visibleCount += 1
    }
    visibleTimes.removeLast(max(0, visibleTimes.count - visible.chain.count))
    while visibleTimes.count < visible.chain.count { visibleTimes.append(now) }
  }

  /// The standby takes over as it is. The old primary may still answer selects for a while.
  mutating func failOver(staleUntil time: Int64?) {
    if let time { stale = (visible, time) }
    writes.removeLast(writes.count - replicatedCount)
    written = replicated
    visible = replicated
    visibleCount = replicatedCount
    visibleTimes.removeLast(visibleTimes.count - visible.chain.count)
  }

  /// The session of a member has ended, and the server knows.
  mutating func end(_ instance: InstanceID) {
    written.ended.insert(instance)
    visible.ended.insert(instance)
    replicated.ended.insert(instance)
  }

  mutating func endStale(at now: Int64) {
    if let stale, stale.untilTime <= now { self.stale = nil }
  }
}

enum DatabaseWrite {
  case append(LogRow, ids: Range<Int>)
  case enter(MemberRow)
  case remove(InstanceID)
  case fleet(FleetRow)
  case turns([InstanceID], untilTime: Int64)
  /// The operator removes so many rows from the end.
  case cut(Int)
  case report(HeadReport)
}

/// The content of the tables.
struct DatabaseState {
  var fleet: FleetRow
  var rows: [LogRow] = []
  /// The entries of the log by revision.
  var chain: [Int] = []
  var members: [InstanceID: MemberRow] = [:]
  var reports: [InstanceID: HeadReport] = [:]
  var turns: (queue: [InstanceID], untilTime: Int64) = ([], 0)
  var turnsExpire = true
  /// Whose session has ended, as the server knows.
  var ended: Set<InstanceID> = []

  mutating func apply(_ write: DatabaseWrite) {
    switch write {
    case .append(let row, let ids):
      rows.append(row)
      chain.append(contentsOf: ids)
    case .enter(let row): (members[row.instance], reports[row.instance]) = (row, nil)
    case .remove(let instance): (members[instance], reports[instance]) = (nil, nil)
    case .report(let report): reports[report.instance] = report
    case .fleet(let row): fleet = row
    case .cut(let count):
      let cut = rows.suffix(count)
      chain.removeLast(cut.reduce(0) { $0 + Int($1.last - $1.first) + 1 })
      rows.removeLast(cut.count)
    case .turns(let queue, let time): turns = (queue, time)
    }
  }

  /// The members that want to append, if the first is not late.
  func turns(at now: Int64) -> [InstanceID] { isTurnLate(at: now) ? [] : turns.queue }

  func isTurnLate(at now: Int64) -> Bool {
    turnsExpire && turns.untilTime <= now || turns.queue.first.map { ended.contains($0) } ?? false
  }

  var end: LogPosition { rows.last?.end ?? .empty }

  /// Whether a row ends there.
  func hasEnd(_ position: LogPosition) -> Bool { endState(position).state == .known }

  /// What the log says of a position, and the index of the first row that ends behind it.
  private func endState(_ position: LogPosition) -> (state: Polled.EndState, index: Int) {
    var low = 0
    var high = rows.count
    while low < high {
      let middle = (low + high) / 2
      if rows[middle].last > position.revision { high = middle } else { low = middle + 1 }
    }
    if position.revision == 0 { return (.known, low) }
    if low > 0, rows[low - 1].last == position.revision {
      return (rows[low - 1].end == position ? .known : .differs, low)
    }
    if low < rows.count, rows[low].first <= position.revision { return (.inside, low) }
    return (.missing, low)
  }

  func poll(after position: LogPosition, maximumRows: Int, at now: Int64) -> Polled {
    let (end, index) = endState(position)
    let rest = rows.count - index
    return Polled(
      fleet: fleet, end: end, rows: Array(rows[index..<(index + min(rest, maximumRows))]),
      isFull: rest >= maximumRows, headRevision: rows.last?.last ?? 0, databaseNanoseconds: now,
      turns: turns(at: now))
  }
}
