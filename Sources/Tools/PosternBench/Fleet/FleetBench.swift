internal import Foundation
internal import Messages
internal import Platform
internal import PosternClient

/// One run that measures a fleet: a PostgreSQL server of its own, hosts that join it, and beside
/// them `pgbench` and a daemon without a fleet.
///
/// What is compared runs in turns, for short whiles, and a ratio is the median of the rounds'
/// ratios. Everything shares the machine's processors, as `pgbench` and its server do; only queries
/// are measured with the servers on one processor and the client on another.
struct FleetBench {
  private let options: Options
  private let folder: WorkFolder
  private var report = FleetReport()

  private static let pollMicroseconds = 100_000.0

  init(options: Options, folder: WorkFolder) {
    self.options = options
    self.folder = folder
  }

  mutating func run() throws(BenchFailure) -> FleetReport {
    defer { Children.shared.stopAll() }
    guard !folder.isInMemory else {
      throw BenchFailure("`\(folder.path)` is in memory: set TMPDIR to a folder on a disk")
    }
    Affinity.unpin()
    say("PostgreSQL")
    let postgres = try PostgresPeer(folder: folder)
    let secrets = try makeLedger()
    var hosts = [try begin(postgres)]
    for name in ["b", "c"] { hosts.append(try join(name, postgres)) }
    report.close("  of that the database and the way", unit: "%")
    report.close(
      "catch-up of a new host", unit: "entries/s", target: "100,000", isMet: { $0 >= 100_000 })
    try postgres.execute("checkpoint")
    let plain = try PlainInserts(postgres, folder: folder)
    try measureCommands(on: hosts, beside: plain, postgres)
    try measureRevokes(on: hosts, beside: plain, postgres, secrets)
    try measureVisibility(hosts, secrets)
    for host in hosts { host.process.stop() }
    try measureQueries(postgres, secrets)
    return report
  }

  /// Issues the tokens of the run, without a fleet, and copies the ledger.
  private mutating func makeLedger() throws(BenchFailure) -> SecretStore {
    say("issuing \(options.tokenCount) tokens without a fleet")
    let host = try FleetHost("a", in: folder, fleet: nil)
    try host.createOrganization()
    let load = LoadBox(try IssueConversation(), hosts: [host])
    let figure = try load.run(.streams, until: .calls(options.tokenCount))
    report.add("IssueToken without a fleet", figure.callsPerSecond, unit: "calls/s")
    host.process.stop()
    let copy = try ChildProcess.start(
      "cp", ["-a", folder.file("data-a"), folder.file("data-plain")], name: "cp",
      logPath: folder.file("cp.log"), isPinned: false)
    try copy.awaitSuccess()
    return load.conversation.secrets
  }

  private mutating func begin(_ postgres: PostgresPeer) throws(BenchFailure) -> FleetHost {
    let host = try FleetHost("a", in: folder, fleet: postgres)
    let begun = Clock.monotonicNanoseconds()
    try host.beginFleet()
    let seconds = Double(Clock.monotonicNanoseconds() - begun) / 1e9
    report.add(
      "upload of the first host's log", Double(options.tokenCount) / seconds, unit: "entries/s")
    try host.awaitFollowing(UInt64(options.tokenCount))
    return host
  }

  /// Starts a host without a ledger, and waits until it has all of the log.
  private mutating func join(
    _ name: String, _ postgres: PostgresPeer
  ) throws(BenchFailure) -> FleetHost {
    say("host \(name) catches up")
    let begun = Clock.monotonicNanoseconds()
    let host = try FleetHost(name, in: folder, fleet: postgres)
    try host.awaitFollowing(UInt64(options.tokenCount))
    let seconds = Double(Clock.monotonicNanoseconds() - begun) / 1e9
    let count = Double(options.tokenCount)
    report.note("catch-up of a new host", count / seconds)
    report.note(
      "  of that the database and the way",
      try host.metric("postern_fleet_poll_seconds_sum") / seconds * 100)
    return host
  }

  /// Many commands in flight, on one host and on three, beside `pgbench`.
  private mutating func measureCommands(
    on hosts: [FleetHost], beside plain: PlainInserts, _ postgres: PostgresPeer
  ) throws(BenchFailure) {
    for writers in [[hosts[0]], hosts] {
      let count = writers.count
      let name = count == 1 ? "1 writing host" : "\(count) writing hosts"
      let load = LoadBox(try IssueConversation(), hosts: writers)
      let shape = Shape(connectionCount: Shape.deep.connectionCount * count, depth: 16)
      for round in 1...options.roundCount {
        say("commands, \(name), round \(round)")
        let conflicts = try Self.sum("postern_fleet_conflicts_total", of: writers)
        let appends = try Self.sum("postern_fleet_appends_total", of: writers)
        let before = try LogEnd(postgres)
        let figure = try load.run(shape, until: .nanoseconds(Int64(options.seconds * 1e9)))
        let batch = try LogEnd(postgres).mean(since: before)
        report.note(
          "  batches decided anew, of those that stand",
          (try Self.sum("postern_fleet_conflicts_total", of: writers) - conflicts)
            / max(1, try Self.sum("postern_fleet_appends_total", of: writers) - appends) * 100)
        let inserts = try plain.run(batch, connectionCount: count, seconds: options.seconds)
        report.note("IssueToken, \(name)", figure.callsPerSecond)
        report.note("  entries of a batch", Double(batch.entryCount))
        report.note("  pgbench, as many rows an insert, \(count) under way", inserts.rowsPerSecond)
        report.note(
          "  ratio, \(name)", figure.callsPerSecond / inserts.rowsPerSecond)
      }
      report.close("IssueToken, \(name)", unit: "calls/s")
      report.close("  entries of a batch", unit: "")
      report.close("  batches decided anew, of those that stand", unit: "%")
      report.close("  pgbench, as many rows an insert, \(count) under way", unit: "rows/s")
      report.close("  ratio, \(name)", unit: "", target: "0.5", isMet: { $0 >= 0.5 })
    }
  }

  private static func sum(_ metric: String, of hosts: [FleetHost]) throws(BenchFailure) -> Double {
    var sum = 0.0
    for host in hosts { sum += try host.metric(metric) }
    return sum
  }

  /// One command at a time.
  private mutating func measureRevokes(
    on hosts: [FleetHost], beside plain: PlainInserts, _ postgres: PostgresPeer,
    _ secrets: SecretStore
  ) throws(BenchFailure) {
    var next = 0
    func revokes(_ count: Int, isForFleet: Bool) throws(BenchFailure) -> Latency {
      let talk = try RevokeConversation(secrets, next..<next + count, isForFleet: isForFleet)
      next += count
      let load = LoadBox(talk, hosts: [hosts[0]])
      let latencies = try load.run(.alone, until: .calls(count)).latencies
      guard let latency = Latency(latencies) else { throw BenchFailure("no revoke was answered") }
      return latency
    }
    for round in 1...options.roundCount {
      say("lone revokes, round \(round)")
      let before = try LogEnd(postgres)
      let lone = try revokes(200, isForFleet: false)
      let batch = try LogEnd(postgres).mean(since: before)
      let inserts = try plain.run(batch, connectionCount: 1, seconds: 1)
      let insert = FleetReport.median(inserts.microseconds)
      let fleet = try revokes(12, isForFleet: true)
      report.note("a lone RevokeToken", lone.p50)
      report.note("  p99", lone.p99)
      report.note("  pgbench, one insert of as many bytes", insert)
      report.note("  ratio of the medians", lone.p50 / insert)
      report.note("the same with wait = FLEET on three hosts", fleet.p50)
      report.note("  longer by, in polls of 100 ms", (fleet.p50 - lone.p50) / Self.pollMicroseconds)
    }
    for name in ["a lone RevokeToken", "  p99", "  pgbench, one insert of as many bytes"] {
      report.close(name, unit: "us")
    }
    report.close("  ratio of the medians", unit: "", target: "2", isMet: { $0 <= 2 })
    report.close("the same with wait = FLEET on three hosts", unit: "us")
    report.close("  longer by, in polls of 100 ms", unit: "", target: "1", isMet: { $0 <= 1 })
  }

  /// The time from the answer to a revoke until each other host refuses the token.
  private mutating func measureVisibility(
    _ hosts: [FleetHost], _ secrets: SecretStore
  ) throws(BenchFailure) {
    say("revokes seen on other hosts")
    let others = try hosts.dropFirst().map { (host) throws(BenchFailure) in try host.client() }
    let first = try hosts[0].client()
    var times: [Int64] = []
    for index in 0..<100 {
      let secret = String(decoding: secrets[secrets.count - 1 - index], as: UTF8.self)
      // At no fixed place between two polls.
      usleep(UInt32((index * 37) % 100) * 1_000)
      do { _ = try first.revokeToken { $0.setSecret(secret) } } catch {
        throw BenchFailure("a revoke fails: \(error)")
      }
      let revoked = Clock.monotonicNanoseconds()
      var waiting = others
      while !waiting.isEmpty {
        var rest: [PosternClient] = []
        for client in waiting {
          if try Self.isActive(secret, by: client) {
            rest.append(client)
          } else {
            times.append(Clock.monotonicNanoseconds() - revoked)
          }
        }
        waiting = rest
        usleep(300)
      }
    }
    guard let latency = Latency(times) else { throw BenchFailure("no revoke was seen") }
    report.add("a revoke is seen on another host, p50", latency.p50 / 1e3, unit: "ms")
    report.add("  p99", latency.p99 / 1e3, unit: "ms")
  }

  private static func isActive(
    _ secret: String, by client: PosternClient
  ) throws(BenchFailure) -> Bool {
    do {
      let reply = try client.validateToken { $0.setSecret(secret) }
      return reply.message.active
    } catch {
      throw BenchFailure("a token can't be validated: \(error)")
    }
  }

  /// ValidateToken of a host of the fleet and of a daemon without one, with the same tokens.
  private mutating func measureQueries(
    _ postgres: PostgresPeer, _ secrets: SecretStore
  ) throws(BenchFailure) {
    let plain = try FleetHost("plain", in: folder, fleet: nil, isPinned: true)
    let host = try FleetHost("c", in: folder, fleet: postgres, isPinned: true)
    try host.awaitFollowing(UInt64(options.tokenCount))
    Affinity.pinAsClient()
    var generator = SplitMix64(seed: 20_240_229)
    // Tokens that were not revoked.
    let count = min(200_000, options.tokenCount / 2)
    let first = options.tokenCount / 2 - count / 2
    let order = Array(first..<first + count).shuffled(using: &generator)
    let talk = try QueryConversation(.validateToken, secrets: secrets, order: order)
    let loads = [plain, host].map { LoadBox(talk, hosts: [$0]) }
    for shape in [Shape.deep, .alone] {
      let name = shape.isAlone ? "one call at a time" : "50 connections x 16 deep"
      for round in 1...(3 * options.roundCount) {
        if round % options.roundCount == 1 { say("ValidateToken, \(name), round \(round)") }
        var figures: [Figure?] = [nil, nil]
        for index in round % 2 == 0 ? [0, 1] : [1, 0] {
          figures[index] = try loads[index].run(shape, until: .nanoseconds(300_000_000))
        }
        guard let alone = figures[0], let fleet = figures[1] else { continue }
        report.note("ValidateToken with --fleet, \(name)", fleet.callsPerSecond)
        report.note(
          "  to that without, by time, \(name)", fleet.callsPerSecond / alone.callsPerSecond)
        report.note(
          "  to that without, by the server's processor time, \(name)",
          alone.serverMicrosecondsPerCall / fleet.serverMicrosecondsPerCall)
      }
      report.close("ValidateToken with --fleet, \(name)", unit: "calls/s")
      report.close("  to that without, by time, \(name)", unit: "")
      report.close(
        "  to that without, by the server's processor time, \(name)", unit: "", target: "0.99",
        isMet: { $0 >= 0.99 })
    }
    let isLoadedByNeed = host.hasLoadedPostgresLibrary && !plain.hasLoadedPostgresLibrary
    report.add(
      "libpq loaded: with --fleet \(host.hasLoadedPostgresLibrary), without"
        + " \(plain.hasLoadedPostgresLibrary)", isLoadedByNeed ? 1 : 0, unit: "",
      target: "1", isMet: isLoadedByNeed)
  }

  private func say(_ text: String) {
    StandardError.write("PosternBench: \(text)\n")
  }
}

/// How long the fleet's log is, to find out what a load has appended.
private struct LogEnd {
  private let rows: Int
  private let last: Int
  private let bytes: Int

  init(_ postgres: PostgresPeer) throws(BenchFailure) {
    let answer = try postgres.execute(
      "select count(*), coalesce(max(last), 0), coalesce(sum(octet_length(entries)), 0)"
        + " from postern.log")
    let numbers = answer.split(separator: "|").compactMap { Int($0) }
    guard numbers.count == 3 else { throw BenchFailure("the log's length is `\(answer)`") }
    (rows, last, bytes) = (numbers[0], numbers[1], numbers[2])
  }

  func mean(since before: LogEnd) throws(BenchFailure) -> BatchSize {
    let entries = last - before.last
    guard entries > 0, rows > before.rows else { throw BenchFailure("nothing was appended") }
    return BatchSize(
      entryCount: max(1, Int((Double(entries) / Double(rows - before.rows)).rounded())),
      entryBytes: (bytes - before.bytes) / entries)
  }
}
