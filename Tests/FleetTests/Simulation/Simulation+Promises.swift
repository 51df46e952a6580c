internal import Fleet

/// What every call must be answered from, as of now.
struct Promises {
  /// The newest revision that was visible one lease ago.
  var oldRevision = 0
  /// The newest revision that the whole fleet was said to obey.
  var reachedRevision = 0

  /// The log has forgotten what is behind this.
  mutating func forget(behind revision: Int) {
    oldRevision = min(oldRevision, revision)
    reachedRevision = min(reachedRevision, revision)
  }
}

extension Simulation {
  /// What was just appended must follow what is in the log, and belong to a live command.
  func checkAppended(_ ids: Range<Int>, at count: Int) {
    let chain = database.written.chain
    for (offset, id) in ids.enumerated() {
      let before = count + offset == 0 ? 0 : chain[count + offset - 1]
      if entries[id].previous != before || entries[id].revision != count + offset + 1 {
        return violate("the log is no chain at entry \(id)")
      }
      if entries[id].isDead, scenario.database == .keeps {
        return violate("entry \(id) stands, though its command was answered or decided anew")
      }
    }
  }

  /// Takes into account what has become visible.
  func noteVisible() { tokens.follow(database.visible.chain, entries) }

  /// What was acknowledged is still there.
  func checkKept() {
    guard !isForgetful else { return }
    let chain = database.visible.chain
    for (id, entry) in entries.enumerated() where entry.isAcknowledged {
      if entry.revision > chain.count || chain[entry.revision - 1] != id {
        return violate("entry \(id) was acknowledged and is lost")
      }
    }
  }

  func reached(_ id: WaiterID) {
    guard let wait = waits.removeValue(forKey: id.number) else {
      return violate("a wait ends twice")
    }
    let chain = database.visible.chain
    guard wait.revision <= chain.count, chain[wait.revision - 1] == wait.entry else { return }
    promises.reachedRevision = max(promises.reachedRevision, wait.revision)
    for host in hosts { checkCalls(at: host) }
  }

  /// What a call that begins now must be answered from: an entry by its revision.
  func floor(at host: SimulatedHost) -> (revision: Int, entry: Int) {
    let times = database.visibleTimes
    let lease = scenario.leaseNanoseconds + scenario.leaseNanoseconds / 500
    while promises.oldRevision < times.count, times[promises.oldRevision] + lease < now {
      promises.oldRevision += 1
    }
    let isExempt = now < host.isExemptUntil
    let revision = max(promises.oldRevision, isExempt ? 0 : promises.reachedRevision)
    return (revision, revision == 0 ? 0 : database.visible.chain[revision - 1])
  }

  private func has(_ host: SimulatedHost, _ floor: (revision: Int, entry: Int)) -> Bool {
    floor.revision == 0
      || floor.revision <= host.chain.count && host.chain[floor.revision - 1] == floor.entry
  }

  /// A call that begins and is answered now is answered from what it must be.
  func checkCalls(at host: SimulatedHost) {
    guard let process = host.process, now >= host.pausedUntil,
      clock(host, process) < process.leaseUntilNanoseconds
    else { return }
    let floor = floor(at: host)
    if !has(host, floor) {
      violate(
        "host \(host.index) answers at revision \(host.chain.count), \(floor.revision) is owed"
          + " (old: \(promises.oldRevision), reached: \(promises.reachedRevision))")
    }
  }

  // A worker's turn, in steps between which the machine may stop: it begins; a call is read and the
  // lease loaded; the snapshot is taken, the clock read, and the call answered.

  func beginTurn(_ host: SimulatedHost) {
    if !isQuiet {
      queue.add(
        .worker(host.index), at: now + random.until(mean: scenario.leaseNanoseconds / 8))
    }
    checkCalls(at: host)
    guard let process = host.process, process.turn == nil else { return }
    process.turn = SimulatedProcess.WorkerTurn(
      revision: host.chain.count, clockNanoseconds: clock(host, process))
    queue.add(.workerCall(host.index, process: process.number), at: now + stepNanoseconds())
    if scenario.focus == .workers, random.happens(200) {
      pause(host, for: random.until(mean: scenario.leaseNanoseconds))
    }
  }

  private func stepNanoseconds() -> Int64 {
    1000 + random.below(random.happens(100) ? scenario.leaseNanoseconds / 10 : 5_000_000)
  }

  func call(_ host: SimulatedHost, _ number: Int) {
    guard let process = host.process, process.number == number else { return }
    process.turn?.floor = floor(at: host)
    process.turn?.leaseUntilNanoseconds = process.leaseUntilNanoseconds
    queue.add(.workerAnswer(host.index, process: number), at: now + stepNanoseconds())
    if scenario.focus == .workers, random.happens(100) {
      pause(host, for: random.until(mean: scenario.leaseNanoseconds))
    }
  }

  func answerCall(_ host: SimulatedHost, _ number: Int) {
    guard let process = host.process, process.number == number, let turn = process.turn else {
      return
    }
    process.turn = nil
    let revision = rules.snapshotsAfterCall ? host.chain.count : turn.revision
    let time = rules.readsClockLast ? clock(host, process) : turn.clockNanoseconds
    guard time < turn.leaseUntilNanoseconds else { return }
    let chain = database.visible.chain
    let floor = turn.floor
    // What the log has forgotten since is owed no more.
    guard floor.revision <= chain.count,
      floor.revision == 0 || chain[floor.revision - 1] == floor.entry
    else { return }
    let isThere = floor.revision <= revision && has(host, floor)
    if !isThere {
      violate(
        "a worker of host \(host.index) answers at revision \(revision), \(floor.revision) is owed")
    }
  }

  /// Long after the last fault every host follows.
  func checkConvergence() {
    let chain = database.visible.chain
    if database.written.chain != chain { return violate("the database is not at rest") }
    for host in hosts where violation == nil {
      guard let process = host.process else { return violate("host \(host.index) is not back") }
      let condition = process.member.condition
      if condition != .following {
        violate("host \(host.index) is \(condition) at the end")
      } else if host.chain != chain {
        violate("host \(host.index) has \(host.chain.count) of \(chain.count) at the end")
      } else if clock(host, process) >= process.leaseUntilNanoseconds {
        violate("host \(host.index) has no lease at the end")
      } else if process.current != nil || !process.commands.isEmpty {
        violate("host \(host.index) has not answered a command at the end")
      }
    }
    checkKept()
  }
}
