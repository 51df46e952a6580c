internal import Fleet

/// The tokens that commands issue and revoke, as the database shows them.
struct SimulatedTokens {
  /// The entries about each token, in the order in which they were made.
  var entries: [[Int]]
  /// Whether each is good, and how often that has changed.
  private(set) var isGood: [Bool]
  private(set) var changes: [Int]
  /// How many entries of the visible log are taken into account.
  private(set) var revision = 0

  init(count: Int) {
    entries = Array(repeating: [], count: count)
    isGood = Array(repeating: false, count: count)
    changes = Array(repeating: 0, count: count)
  }

  mutating func follow(_ chain: [Int], _ all: [SimulatedEntry]) {
    while revision < chain.count {
      let entry = all[chain[revision]]
      revision += 1
      guard let token = entry.token else { continue }
      isGood[token] = entry.isIssue
      changes[token] += 1
    }
  }

  /// The log has forgotten something.
  mutating func forget(_ chain: [Int], _ all: [SimulatedEntry]) {
    revision = 0
    for token in changes.indices { changes[token] += 1_000_000 }
    follow(chain, all)
  }
}

extension Simulation {
  func planCommand(of host: SimulatedHost) {
    if scenario.focus == .starving {
      queue.add(.command(host.index), at: now + scenario.leaseNanoseconds / 10)
    } else if scenario.commands > 0 {
      let mean = scenario.leaseNanoseconds * 1000 / Int64(scenario.commands)
      queue.add(.command(host.index), at: now + random.until(mean: mean))
    }
  }

  func command(_ host: SimulatedHost) {
    guard !isQuiet else { return }
    if scenario.focus != .starving { planCommand(of: host) }
    guard let process = host.process, process.commands.count < 3 else { return }
    add(to: process)
    propose(host, process)
  }

  private func add(to process: SimulatedProcess) {
    let token = random.below(tokens.isGood.count)
    process.commands.append(
      SimulatedCommand(
        token: token, isIssue: random.happens(500),
        waitsForFleet: random.happens(scenario.fleetWaits),
        wasGood: tokens.isGood[token], changes: tokens.changes[token]))
  }

  /// Decides the next command, if none is under way.
  private func propose(_ host: SimulatedHost, _ process: SimulatedProcess) {
    guard process.current == nil, let command = process.commands.first else { return }
    guard process.mayDecide else {
      if !process.hasAskedForTurn { process.member.wantTurn(at: clock(host, process)) }
      process.hasAskedForTurn = true
      return
    }
    process.commands.removeFirst()
    process.current = command
    if !command.isAgain { process.lossesInARow = 0 }
    decide(host, process)
  }

  func mayDecide(_ may: Bool, _ host: SimulatedHost, process: SimulatedProcess) {
    (process.mayDecide, process.hasAskedForTurn) = (may, false)
    propose(host, process)
    if may, process.current == nil { process.member.beIdle(at: clock(host, process)) }
  }

  private func decide(_ host: SimulatedHost, _ process: SimulatedProcess) {
    guard var command = process.current, !process.member.hasLeft else { return }
    let isNews = isGood(command.token, at: host) != command.isIssue
    // With nothing to do but append, a host that is far away would never be first.
    let appends = isNews || scenario.focus == .starving
    command.ids =
      appends
      ? makeEntries(
        after: host.chain.last ?? 0, count: 1 + random.below(3), token: command.token,
        isIssue: command.isIssue, format: min(host.format, database.visible.fleet.format))
      : 0..<0
    process.current = command
    process.proposals += 1
    let proposal = Proposal(
      id: ProposalID(process.proposals), after: process.member.applied,
      row: appends ? row(of: command.ids, isReport: command.waitsForFleet) : nil,
      hasMore: !process.commands.isEmpty)
    process.member.propose(proposal, at: clock(host, process))
  }

  /// Raises the format of the log, if nothing else is under way.
  func raise(to format: UInt32, _ host: SimulatedHost, _ process: SimulatedProcess) {
    guard process.current == nil, !process.member.hasLeft else { return }
    var command = SimulatedCommand(
      token: 0, isIssue: false, waitsForFleet: false, wasGood: false, changes: 0)
    command.isRaise = true
    command.ids = makeEntries(after: host.chain.last ?? 0, count: 1)
    process.current = command
    process.proposals += 1
    process.member.propose(
      Proposal(
        id: ProposalID(process.proposals), after: process.member.applied,
        row: row(of: command.ids, isReport: false), raisedFormat: format),
      at: clock(host, process))
  }

  /// Whether a token is good by a host's ledger.
  private func isGood(_ token: Int, at host: SimulatedHost) -> Bool {
    for id in tokens.entries[token].reversed() {
      let entry = entries[id]
      if entry.revision <= host.chain.count, host.chain[entry.revision - 1] == id {
        return entry.isIssue
      }
    }
    return false
  }

  func decided(_ verdict: Verdict, _ host: SimulatedHost, process: SimulatedProcess) {
    guard let command = process.current else { return violate("a verdict without a proposal") }
    switch verdict {
    case .superseded where command.isRaise:
      // It may still come to stand.
      break
    case .superseded:
      bury(command.ids)
      process.lossesInARow += 1
      if scenario.focus == .starving, process.lossesInARow > 12 {
        return violate("host \(host.index) loses again and again")
      }
      var again = command
      (again.ids, again.isAgain) = (0..<0, true)
      process.commands.insert(again, at: 0)
      process.current = nil
      return propose(host, process)
    case .refused:
      bury(command.ids)
      if scenario.focus == .starving {
        process.current = nil
        return planCommand(of: host)
      }
    case .stands: stands(command, host, process: process)
    }
    process.current = nil
    if scenario.focus == .starving, !isQuiet { add(to: process) }
    propose(host, process)
  }

  private func bury(_ ids: Range<Int>) {
    for id in ids {
      entries[id].isDead = true
      if !isForgetful, isWritten(id) { violate("entry \(id) stands, and is said not to") }
    }
  }

  private func stands(
    _ command: SimulatedCommand, _ host: SimulatedHost, process: SimulatedProcess
  ) {
    if command.ids.isEmpty {
      // It says that the token was good, or was not, at some time since it was asked.
      if database.isSynchronous, scenario.database == .keeps, command.wasGood != command.isIssue,
        tokens.changes[command.token] == command.changes
      {
        return violate("host \(host.index) changes nothing, though there was something to change")
      }
    } else {
      for id in command.ids {
        entries[id].isAcknowledged = true
        if !isForgetful, !isWritten(id) { violate("entry \(id) is said to stand, and does not") }
      }
    }
    guard command.waitsForFleet, !host.chain.isEmpty else { return }
    let revision =
      command.ids.isEmpty ? host.chain.count : entries[command.ids.upperBound - 1].revision
    requestCount += 1
    waits[UInt64(requestCount)] = (revision, host.chain[revision - 1])
    process.member.await(
      WaiterID(UInt64(requestCount)), revision: UInt64(revision), at: clock(host, process))
  }

  func isWritten(_ id: Int) -> Bool {
    let revision = entries[id].revision
    let chain = database.written.chain
    return revision <= chain.count && chain[revision - 1] == id
  }

  /// Whether the database may lose what it has acknowledged.
  var isForgetful: Bool { scenario.database == .forgets }
}
