internal import Fleet

// Between a host and the database, and the database itself.

extension Simulation {
  /// How long the sender waits for a statement before it drops the connection.
  var timeoutNanoseconds: Int64 { min(5_000_000_000, scenario.leaseNanoseconds / 8) }

  func send(
    _ request: UpstreamRequest, on lane: Lane, from host: SimulatedHost,
    process: SimulatedProcess
  ) {
    requestCount += 1
    let number = requestCount
    if lane == .follow { process.following = number } else { process.inserting = number }
    var way = wayNanoseconds(host)
    var back: Int64? = wayNanoseconds(host)
    var doubt: Int64?
    var isCarriedOut = true
    func statement() -> Statement {
      Statement(
        host: host.index, process: process.number, lane: lane, number: number, request: request,
        answerNanoseconds: back, isStale: random.happens(scenario.staleSelects) && !isQuiet)
    }
    if !isQuiet {
      let isCut = now < host.cutUntil
      let fate = random.below(1000)
      let unreachable = isCut ? 500 : scenario.unreachable
      let before = unreachable + (isCut ? 440 : scenario.lostBefore)
      let after = before + (isCut ? 30 : scenario.lostAfter)
      let late = after + (isCut ? 30 : scenario.late)
      if fate < unreachable {
        queue.add(.deliver(.unreachable("cut"), to: statement()), at: now + way)
        return
      }
      if fate < late {
        doubt = 1 + random.below(timeoutNanoseconds)
        back = nil
        isCarriedOut = fate >= before
        if fate >= after { way += random.until(mean: scenario.leaseNanoseconds) }
      }
    }
    if let doubt { queue.add(.deliver(.doubt("lost"), to: statement()), at: now + doubt) }
    if isCarriedOut { queue.add(.execute(statement()), at: now + way) }
  }

  private func wayNanoseconds(_ host: SimulatedHost) -> Int64 {
    let distance = host.distanceNanoseconds
    let usual = distance + random.below(distance / 4)
    if isQuiet { return usual }
    if random.happens(scenario.slow) { return random.below(timeoutNanoseconds / 2) }
    return random.happens(10) ? usual * 30 : usual
  }

  func execute(_ statement: Statement) {
    database.endStale(at: now)
    let ids: Range<Int>
    switch statement.request {
    case .insert(let row, _, _, _), .raise(let row, _, _, _): ids = self.ids(of: row)
    default: ids = 0..<0
    }
    let isStale = statement.isStale && (database.stale != nil || !database.isSynchronous)
    let before = database.written.chain.count
    let result = database.execute(
      statement.request, ids: ids, isStale: isStale, at: now, rules: rules)
    guard let result else {
      return fail(statement, "a server that was replaced can't commit")
    }
    if database.written.chain.count > before { checkAppended(ids, at: before) }
    guard result.hasWritten else { return answer(result.answer, to: statement) }
    committing(statement, result.answer)
  }

  /// Answers once the write is visible, and copies it to the standby.
  private func committing(_ statement: Statement, _ answer: UpstreamAnswer) {
    noteVisible()
    if database.isSynchronous {
      answers[statement.number] = answer
      commits.append((database.writeCount, statement))
    } else {
      self.answer(answer, to: statement)
      if random.happens(scenario.suddenFailovers), !isQuiet {
        // Before the standby has it, or any host but the one that wrote it.
        queue.add(.failOver, at: now + random.below(3_000_000 as Int64))
      }
    }
    replicateSoon()
  }

  func replicateSoon() {
    guard !isReplicating else { return }
    isReplicating = true
    let isSlow = random.happens(isForgetful ? 300 : 30) && !isQuiet
    let delay = 200_000 + random.below(isSlow ? timeoutNanoseconds / 2 : 2_000_000)
    queue.add(.replicate(database.writeCount), at: max(now + delay, standbyIsAwayUntil))
  }

  func replicate(_ count: Int) {
    if now < standbyIsAwayUntil { return queue.add(.replicate(count), at: standbyIsAwayUntil) }
    isReplicating = false
    database.replicate(count, at: now)
    noteVisible()
    var rest: [(writeCount: Int, statement: Statement)] = []
    for commit in commits {
      if commit.writeCount <= count {
        if let answer = answers.removeValue(forKey: commit.statement.number) {
          self.answer(answer, to: commit.statement)
        }
      } else {
        rest.append(commit)
      }
    }
    commits = rest
    if !database.isAllReplicated { replicateSoon() }
  }

  /// Statements that have waited for the standby for too long are given up.
  func giveUpCommits() {
    let late = commits
    commits = []
    for commit in late {
      answers[commit.statement.number] = nil
      fail(commit.statement, "timeout")
    }
  }

  private func answer(_ answer: UpstreamAnswer, to statement: Statement) {
    guard let delay = statement.answerNanoseconds else { return }
    queue.add(.deliver(answer, to: statement), at: now + delay)
  }

  /// The connection of a statement is gone.
  private func fail(_ statement: Statement, _ reason: String) {
    guard statement.answerNanoseconds != nil else { return }
    queue.add(
      .deliver(.doubt(reason), to: statement), at: now + 1 + random.below(timeoutNanoseconds))
  }

  /// All connections are gone, and with them the answers to commits.
  func dropConnections() {
    for commit in commits {
      answers[commit.statement.number] = nil
      fail(commit.statement, "the server went away")
    }
    commits = []
  }

  func deliver(_ answer: UpstreamAnswer, to statement: Statement) {
    let host = hosts[statement.host]
    guard let process = host.process, process.number == statement.process else { return }
    switch statement.lane {
    case .follow:
      guard process.following == statement.number else { return }
      process.following = 0
    case .append:
      guard process.inserting == statement.number else { return }
      process.inserting = 0
    }
    trace?("\(now / 1_000_000) \(host.index) <- \(answer)")
    process.member.receive(answer, on: statement.lane, at: clock(host, process))
    drive(host, process)
  }
}
