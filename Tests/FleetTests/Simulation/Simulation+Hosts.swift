internal import Fleet

// What a host does: its process, its writer, its workers.

extension Simulation {
  func handle(_ event: SimulationEvent) {
    if case .client(let index) = event {
      // It is no part of the daemon, which may be stopped.
      let host = hosts[index]
      if now < host.asleepUntil { return queue.add(event, at: host.asleepUntil) }
      return client(host)
    }
    if let host = host(of: event), now < host.pausedUntil {
      // It happens once the host goes on.
      return queue.add(event, at: host.pausedUntil)
    }
    switch event {
    case .start(let index): start(hosts[index])
    case .tick(let index, let number): tick(hosts[index], number)
    case .execute(let statement): execute(statement)
    case .deliver(let answer, let statement): deliver(answer, to: statement)
    case .applied(let index, let number): applied(hosts[index], number)
    case .command(let index): command(hosts[index])
    case .worker(let index): beginTurn(hosts[index])
    case .client: break
    case .moveCounter(let index, let number): moveCounter(hosts[index], number)
    case .workerCall(let index, let number): call(hosts[index], number)
    case .workerAnswer(let index, let number): answerCall(hosts[index], number)
    case .replicate(let count): replicate(count)
    case .hostFault(let index): fault(hosts[index])
    case .databaseFault: databaseFault()
    case .failOver: if !isQuiet { failOver() }
    case .giveUpCommits:
      giveUpCommits()
      if now < standbyIsAwayUntil { queue.add(event, at: now + timeoutNanoseconds / 2) }
    case .forget(let instance, let seq): forget(instance, seq: seq)
    case .makeReady:
      var fleet = database.written.fleet
      fleet.isReady = true
      write(.fleet(fleet))
    case .operate: operate()
    case .quiet: beQuiet()
    case .end: break
    }
  }

  private func host(of event: SimulationEvent) -> SimulatedHost? {
    switch event {
    case .deliver(_, let statement): hosts[statement.host]
    case .start(let index), .tick(let index, _), .applied(let index, _), .command(let index),
      .worker(let index), .workerCall(let index, _), .workerAnswer(let index, _),
      .moveCounter(let index, _):
      hosts[index]
    default: nil
    }
  }

  /// Writes something without a member.
  func write(_ write: DatabaseWrite) {
    database.write(write, at: now)
    noteVisible()
    replicateSoon()
  }

  /// The host's clock, by the rules.
  func clock(_ host: SimulatedHost, _ process: SimulatedProcess) -> Int64 {
    let (boottime, raw) = host.clocks(at: now)
    if !rules.usesRaw { return boottime }
    if !rules.sumsStretches {
      return process.began.boottime
        + max(boottime - process.began.boottime, raw - process.began.raw)
    }
    return process.clock.read(boottimeNanoseconds: boottime, rawNanoseconds: raw)
  }

  func start(_ host: SimulatedHost) {
    guard host.process == nil else { return }
    let (boottime, raw) = host.clocks(at: now)
    host.processCount += 1
    var clock = HostClock(
      nanoseconds: boottime, boottimeNanoseconds: boottime, rawNanoseconds: raw)
    let kept = rules.usesRaw && rules.sumsStretches ? host.kept : nil
    if let kept, rules.resumesClock {
      clock = kept.clock
      _ = clock.resume(boottimeNanoseconds: boottime, rawNanoseconds: raw)
    }
    let instance = InstanceID(high: UInt64(host.index) + 2, low: UInt64(host.processCount))
    let identity = Member.Identity(
      instance: instance, host: "\(host.index)", format: host.format,
      fleet: database.written.fleet.id, predecessors: host.predecessors)
    host.predecessors.append(instance)
    var member = Member(
      identity,
      settings: Member.Settings(
        pollNanoseconds: scenario.pollNanoseconds, maximumRows: scenario.maximumRows),
      applied: host.chain.last.map { position(of: $0) } ?? .empty,
      leaseUntilNanoseconds: kept?.untilNanoseconds)
    member.rules = rules.member
    let process = SimulatedProcess(
      number: host.processCount, member: member, clock: clock, began: (boottime, raw))
    host.process = process
    trace?("\(now / 1_000_000) \(host.index) starts \(process.number), kept \(kept != nil)")
    process.member.start(at: self.clock(host, process))
    drive(host, process)
  }

  /// The process is gone from one moment to the next.
  func kill(_ host: SimulatedHost) {
    trace?("\(now / 1_000_000) \(host.index) is killed")
    if let applying = host.process?.applying, let first = applying.first, !host.isFull,
      fits(first, host), random.happens(500)
    {
      // Its last transaction was committed, and no caller was answered.
      store(applying, on: host)
    }
    host.process?.page.isMarked = true
    // Behind a pooler, or cut off, the server does not hear of it.
    if let process = host.process, now >= host.cutUntil, clientRandom.happens(500) {
      database.end(process.member.identity.instance)
    }
    host.process = nil
  }

  /// The machine had no power, and its disk lacks the last of what was applied.
  func losePower(_ host: SimulatedHost) {
    if rules.leaseEndsWithBoot { host.restart() }
    host.chain.removeLast(min(host.chain.count, clientRandom.below(4)))
  }

  /// A daemon that moves its counters late, after it has told what it applied.
  private func moveCounter(_ host: SimulatedHost, _ number: Int) {
    guard let process = host.process, process.number == number else { return }
    process.page.counter += 2
  }

  private func tick(_ host: SimulatedHost, _ number: Int) {
    guard let process = host.process, process.number == number, process.tickTime <= now else {
      return
    }
    process.tickTime = .max
    process.member.tick(at: clock(host, process))
    drive(host, process)
  }

  /// Does what the member wants done.
  func drive(_ host: SimulatedHost, _ process: SimulatedProcess) {
    while violation == nil, let action = process.member.nextAction() {
      perform(action, host, process: process)
    }
    guard violation == nil, host.process === process else { return }
    showLease(host, process)
    if process.member.hasLeft {
      process.page.isMarked = true
      host.process = nil
      host.predecessors = []
      queue.add(.start(host.index), at: now + random.below(scenario.leaseNanoseconds))
      return
    }
    if let next = process.member.nextTickNanoseconds {
      let delay = max(1000, next - clock(host, process)) + random.below(1_000_000 as Int64)
      if now + delay < process.tickTime {
        process.tickTime = now + delay
        queue.add(.tick(host.index, process: process.number), at: now + delay)
      }
    }
    checkCalls(at: host)
  }

  private func perform(
    _ action: MemberAction, _ host: SimulatedHost, process: SimulatedProcess
  ) {
    if trace != nil { tell(action, host) }
    switch action {
    case .send(let request, let lane): send(request, on: lane, from: host, process: process)
    case .apply(let rows, let id):
      process.applying = rows
      process.settling = id
      let isSlow = random.happens(30) && !isQuiet
      let delay = 100_000 + random.below(isSlow ? scenario.leaseNanoseconds / 4 : 2_000_000)
      queue.add(.applied(host.index, process: process.number), at: now + delay)
    case .mayDecide(let may): mayDecide(may, host, process: process)
    case .decide(_, let verdict): decided(verdict, host, process: process)
    case .lease(let end):
      process.leaseUntilNanoseconds = end
      host.kept =
        end == .min
        ? nil
        : SimulatedHost.KeptLease(
          clock: process.clock, untilNanoseconds: end)
    case .reached(let id): reached(id)
    case .condition(let condition):
      if condition == .following { host.predecessors = [process.member.identity.instance] }
      if case .impaired(.format) = condition,
        database.visible.members[process.member.identity.instance] != nil
      {
        violate("host \(host.index) is a member and can't read the format")
      }
    case .raise(let format): if scenario.hasOldVersions { raise(to: format, host, process) }
    case .clock, .members, .reported, .fleet: break
    }
  }

  private func tell(_ action: MemberAction, _ host: SimulatedHost) {
    if case .clock = action { return }
    trace?("\(now / 1_000_000) \(host.index) -> \(action)")
  }

  private func applied(_ host: SimulatedHost, _ number: Int) {
    guard let process = host.process, process.number == number, let rows = process.applying else {
      return
    }
    process.applying = nil
    let settling = process.settling.take()
    let before = host.chain.last.map { position(of: $0) } ?? .empty
    let time = clock(host, process)
    if host.isFull {
      process.member.applyFailed(.unapplied("full"), applied: before, at: time)
    } else if let first = rows.first, !fits(first, host) {
      process.member.applyFailed(.forked(before), applied: before, at: time)
    } else {
      store(rows, on: host)
      if rules.movesCountersBeforeApplied {
        process.page.counter += 2
      } else {
        let delay = clientRandom.until(mean: scenario.leaseNanoseconds / 20)
        queue.add(.moveCounter(host.index, process: number), at: now + delay)
      }
      process.member.applied(rows.last?.end ?? before, at: time)
      if settling != nil { decided(.stands, host, process: process) }
    }
    drive(host, process)
  }

  /// Whether a row that covers the ledger's end has the same entry there.
  private func fits(_ row: LogRow, _ host: SimulatedHost) -> Bool {
    let end = host.chain.count
    guard end > 0, row.first <= UInt64(end) else { return true }
    return ids(of: row).lowerBound + end - Int(row.first) == host.chain[end - 1]
  }

  /// Takes rows into a ledger, and checks that they belong there.
  private func store(_ rows: [LogRow], on host: SimulatedHost) {
    for row in rows {
      for id in ids(of: row) where entries[id].revision > host.chain.count {
        let entry = entries[id]
        if entry.previous != host.chain.last ?? 0 || entry.revision != host.chain.count + 1 {
          return violate("host \(host.index) applies entry \(id), which does not follow")
        }
        if entry.format > host.format {
          return violate("host \(host.index) applies entry \(id), which it can't read")
        }
        host.chain.append(id)
      }
    }
  }
}
