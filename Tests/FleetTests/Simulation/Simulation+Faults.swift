internal import Fleet

// What goes wrong, and what the operator does about it.

extension Simulation {
  func planFault(of host: SimulatedHost) {
    let total =
      scenario.crashes + scenario.stops + scenario.sleeps + scenario.slews + scenario.cuts
      + scenario.fullLedgers
    guard total > 0 else { return }
    let mean = scenario.leaseNanoseconds * 1000 / Int64(total)
    queue.add(.hostFault(host.index), at: now + random.until(mean: mean))
  }

  func fault(_ host: SimulatedHost) {
    guard !isQuiet else { return }
    planFault(of: host)
    guard now >= host.pausedUntil else { return }
    let lease = scenario.leaseNanoseconds
    var choice = random.below(
      scenario.crashes + scenario.stops + scenario.sleeps + scenario.slews + scenario.cuts
        + scenario.fullLedgers)
    func isChosen(_ share: Int) -> Bool {
      choice -= share
      return choice < 0
    }
    if isChosen(scenario.crashes) {
      crash(host)
    } else if isChosen(scenario.stops) {
      pause(host, for: random.until(mean: random.happens(300) ? lease : lease / 20))
    } else if isChosen(scenario.sleeps) {
      let duration = random.until(mean: random.happens(300) ? lease : lease / 10)
      host.sleep(until: now + duration, at: now)
      pause(host, for: duration)
    } else if isChosen(scenario.slews) {
      host.slew(by: [-0.08, -0.08, 0, 0.08].random(&random), at: now)
    } else if isChosen(scenario.cuts) {
      host.cutUntil = now + random.until(mean: random.happens(500) ? lease : lease / 20)
      trace?("\(now / 1_000_000) \(host.index) is cut off until \(host.cutUntil / 1_000_000)")
    } else {
      host.isFull.toggle()
    }
  }

  /// Nothing runs on a host for so long.
  func pause(_ host: SimulatedHost, for duration: Int64) {
    guard !isQuiet else { return }
    trace?("\(now / 1_000_000) \(host.index) stops until \((now + duration) / 1_000_000)")
    host.pausedUntil = now + duration
    if random.happens(500) { queue.add(.worker(host.index), at: host.pausedUntil) }
  }

  private func crash(_ host: SimulatedHost) {
    guard let process = host.process else { return }
    if random.happens(scenario.leaves) {
      // It leaves as it should.
      process.member.leave(at: clock(host, process))
      return drive(host, process)
    }
    kill(host)
    if random.happens(300) { host.kept = nil }
    if random.happens(200) {
      // The machine itself starts again: whose row it was is not known for certain any more.
      losePower(host)
      host.predecessors = []
    }
    let lease = scenario.leaseNanoseconds
    let pause = random.until(mean: random.happens(300) ? lease : lease / 30)
    queue.add(.start(host.index), at: now + pause)
  }

  private var databaseFaults: Int {
    scenario.failovers + scenario.restarts + scenario.repairs
      + (isForgetful ? scenario.cuttings : 0)
  }

  func planDatabaseFault() {
    let total = databaseFaults
    guard total > 0 else { return }
    let mean = scenario.leaseNanoseconds * 1000 / Int64(total)
    queue.add(.databaseFault, at: now + random.until(mean: mean))
  }

  func databaseFault() {
    guard !isQuiet else { return }
    planDatabaseFault()
    let choice = random.below(databaseFaults)
    if choice < scenario.failovers {
      failOver()
    } else if choice < scenario.failovers + scenario.restarts {
      trace?("\(now / 1_000_000) the primary starts again")
      dropConnections()
      if scenario.database == .showsEarly {
        database.showEarly(at: now)
        noteVisible()
        if random.happens(500) { loseStandby() }
      }
    } else {
      // A repair that finds nothing missing, or that cuts off rows that no host can apply.
      var fleet = database.written.fleet
      fleet.term += 1
      write(.fleet(fleet))
      if choice >= databaseFaults - scenario.cuttings, isForgetful { cut() }
    }
  }

  /// Nothing reaches the standby for a while, and then it may have to take over.
  private func loseStandby() {
    let duration = random.until(mean: scenario.leaseNanoseconds / 4)
    standbyIsAwayUntil = now + duration
    queue.add(.giveUpCommits, at: now + timeoutNanoseconds)
    if random.happens(700) { queue.add(.failOver, at: now + duration) }
  }

  private func cut() {
    write(.cut(1 + random.below(2)))
    database.replicate(.max, at: now)
    lose()
  }

  /// The log has less than before.
  private func lose() {
    promises.forget(behind: database.visible.chain.count)
    tokens.forget(database.visible.chain, entries)
    repairTime = now + Lease.surelyOverNanoseconds(scenario.leaseNanoseconds)
  }

  func failOver() {
    let before = database.visible
    let lease = scenario.leaseNanoseconds
    let stale = random.happens(700) ? now + random.until(mean: lease) : nil
    dropConnections()
    database.failOver(staleUntil: stale)
    trace?(
      "\(now / 1_000_000) fails over, \(before.chain.count) to \(database.visible.chain.count)")
    guard scenario.database != .keeps else {
      if before.chain != database.visible.chain { violate("a database that keeps has lost") }
      return
    }
    if before.chain.count > database.visible.chain.count { lose() }
    checkKept()
    for host in hosts {
      for instance in host.predecessors {
        let (old, new) = (before.members[instance], database.visible.members[instance])
        if let old, old.seq != new?.seq { host.isExemptUntil = now + lease + lease / 4 }
      }
    }
  }

  /// What the operator does every now and then.
  func operate() {
    queue.add(.operate, at: now + scenario.leaseNanoseconds / 4)
    var saw: [InstanceID: (seq: UInt64, sinceTime: Int64)] = [:]
    for (instance, row) in database.visible.members {
      let since = operatorSaw[instance].flatMap { $0.seq == row.seq ? $0.sinceTime : nil } ?? now
      saw[instance] = (row.seq, since)
    }
    operatorSaw = saw
    let over = Lease.surelyOverNanoseconds(scenario.leaseNanoseconds)
    let isOver = database.visible.members.values.filter { row in
      saw[row.instance].map { now - $0.sinceTime > over } ?? false
    }
    for row in isOver.sorted(by: { $0.instance.description < $1.instance.description })
    where random.happens(isQuiet ? 1000 : 300) {
      queue.add(
        .forget(row.instance, seq: row.seq),
        at: now + (isQuiet ? 0 : random.below(scenario.leaseNanoseconds / 8)))
    }
    if scenario.hasOldVersions, random.happens(300) { raiseFormat() }
    if let time = repairTime, now >= time {
      repairTime = nil
      repair()
    }
    for host in hosts { checkCalls(at: host) }
  }

  func forget(_ instance: InstanceID, seq: UInt64) {
    guard let row = database.written.members[instance] else { return }
    if row.seq == seq || !rules.forgetNeedsSeq { write(.remove(instance)) }
  }

  private func raiseFormat() {
    var fleet = database.written.fleet
    guard fleet.format < 2 else { return }
    let canAll = database.written.members.values.allSatisfy { $0.format >= 2 }
    guard canAll || !rules.raisesFormatForAll else { return }
    fleet.format = 2
    write(.fleet(fleet))
  }

  /// Appends what is missing from the longest chain under a new term, and rebuilds the hosts with
  /// another chain.
  func repair() {
    database.replicate(.max, at: now)
    let chain = database.written.chain
    let longest = hosts.filter { $0.chain.starts(with: chain) }.max {
      $0.chain.count < $1.chain.count
    }
    if let longest, situation(of: longest).verdict == .append {
      trace?("\(now / 1_000_000) repair, from \(chain.count) to \(longest.chain.count)")
      var fleet = database.written.fleet
      fleet.term += 1
      write(.fleet(fleet))
      for id in longest.chain[chain.count...] {
        write(
          .append(row(of: id..<(id + 1), isReport: false, term: fleet.term), ids: id..<(id + 1)))
      }
    }
    let repaired = database.written.chain
    for host in hosts where !repaired.starts(with: host.chain) {
      trace?("\(now / 1_000_000) \(host.index) is set up anew")
      kill(host)
      host.kept = nil
      host.predecessors = []
      host.chain = Array(repaired.prefix(random.below(repaired.count + 1)))
      queue.add(.start(host.index), at: now + random.below(scenario.pollNanoseconds))
    }
  }

  /// What the operator sees on a host, long after the loss. Reports may come from a host whose
  /// chain is another's: it has no say in which one goes on.
  private func situation(of host: SimulatedHost) -> RepairSituation {
    let chain = database.written.chain
    let voices = hosts.filter { $0 !== host && $0.chain.starts(with: chain) }.map { other in
      MemberVoice(
        instance: InstanceID(high: UInt64(other.index) + 2, low: UInt64(other.processCount)),
        host: "\(other.index)", term: 1,
        head: other.chain.last.map { position(of: $0) } ?? .empty, trouble: .forgot, isHeard: false)
    }
    return RepairSituation(
      own: host.chain.last.map { position(of: $0) } ?? .empty,
      databaseRevision: UInt64(chain.count),
      firstDifference: zip(host.chain, chain).enumerated().first { $1.0 != $1.1 }
        .map { UInt64($0.offset + 1) },
      leaseNanoseconds: scenario.leaseNanoseconds,
      troubleNanoseconds: Lease.surelyOverNanoseconds(scenario.leaseNanoseconds),
      knowsMembers: false, voices: voices)
  }

  /// The faults are over: everything is put right, and every host gets time to recover.
  func beQuiet() {
    trace?("\(now / 1_000_000) the faults are over")
    isQuiet = true
    let lease = scenario.leaseNanoseconds
    for host in hosts {
      host.cutUntil = 0
      host.isFull = false
      if host.process == nil {
        queue.add(.start(host.index), at: now + random.below(lease / 10))
      }
    }
    database.endStale(at: .max)
    standbyIsAwayUntil = 0
    if scenario.database != .keeps { repairTime = now + lease }
    var fleet = database.written.fleet
    if !fleet.isReady {
      fleet.isReady = true
      write(.fleet(fleet))
    }
    // A sleeping host goes on sleeping until it wakes.
    let awake = hosts.reduce(now) { max($0, $1.pausedUntil) }
    queue.add(.end, at: awake + 7 * lease / 2)
    if scenario.hasOldVersions { upgrade() }
  }

  private func upgrade() {
    for host in hosts where host.format < 2 {
      kill(host)
      host.format = 2
      queue.add(.start(host.index), at: now + random.below(scenario.pollNanoseconds))
    }
  }
}
