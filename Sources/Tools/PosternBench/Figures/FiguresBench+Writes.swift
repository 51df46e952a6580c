internal import Glibc
internal import Platform

// What queries wait while changes are made, and what a change waits for.
extension FiguresBench {
  private static let changesPerSecond = 10_000.0
  private static let writeRounds = 3
  private static let writeSeconds = 2.0

  /// Queries at a steady rate alone, while tokens are issued, and while tokens are revoked.
  func writes(_ base: Base) throws(BenchFailure) -> Findings {
    let names = ["alone", "while 10,000/s are issued", "while 10,000/s are revoked"]
    var tails = names.map { _ in [Double]() }
    var all = [Latencies](repeating: Latencies(), count: names.count)
    var answered = [Int](repeating: 0, count: names.count)
    let rate = OpenRate(callsPerSecond: Self.rate, seconds: Self.writeSeconds)
    let changes = OpenRate(callsPerSecond: Self.changesPerSecond, seconds: Self.writeSeconds)
    let changeCount = Int(changes.callsPerSecond * (changes.seconds + changes.warmUpSeconds))
    for round in 0..<Self.writeRounds {
      for index in names.indices {
        let query = try base.validate.open(rate, Self.connectionCount)
        var loads: [any SteppedLoad] = [query]
        if index == 1 {
          let box = LoadBox(try IssueConversation(), on: base.postern)
          loads.append(try OpenLoad(box, changes, connectionCount: 8))
        } else if index == 2 {
          let first = Base.askedCount + round * changeCount
          let box = LoadBox(
            try RevokeConversation(
              base.secrets, first..<first + changeCount, isForFleet: false),
            on: base.postern)
          loads.append(try OpenLoad(box, changes, connectionCount: 8))
        }
        try OpenLoads.run(loads)
        all[index].add(query.latencies)
        answered[index] += loads.count > 1 ? loads[1].latencies.count : 0
        tails[index].append(Double(query.latencies.sorted?.percentile(99) ?? 0))
      }
    }
    var findings = Findings()
    findings.lines = [
      Self.row("ValidateToken, 20,000/s, us", ["p50", "p99", "p99.9", "p99 / alone", "changes"])
    ]
    for (index, name) in names.enumerated() {
      guard let sorted = all[index].sorted else { continue }
      let ratios = zip(tails[index], tails[0]).map { $0 / max($1, 1) }
      let cells = [50, 99, 99.9].map { Double(sorted.percentile($0)) / 1e3 }
      findings.lines.append(
        Self.row(
          name, (cells + [Self.median(ratios), Double(answered[index])]), digits: 2))
    }
    return findings
  }

  /// A lone revoke, and a sync of the same disk.
  func durable(_ base: Base) throws(BenchFailure) -> Findings {
    let perRound = 200
    var (revokes, syncs) = (Latencies(), Latencies())
    var ratios: [Double] = []
    let file = try SyncedFile(path: folder.file("synced"))
    for round in 0..<options.roundCount {
      let first = 2 * Base.askedCount - (round + 1) * perRound
      let box = LoadBox(
        try RevokeConversation(base.secrets, first..<first + perRound, isForFleet: false),
        socketPath: base.postern.socketPath, process: base.postern.process)
      let revoked = Latencies(try box.run(.alone, until: .calls(perRound)).latencies)
      var synced = Latencies()
      for _ in 0..<perRound { synced.add(try file.sync()) }
      revokes.add(revoked)
      syncs.add(synced)
      ratios.append(
        Double(revoked.sorted?.percentile(50) ?? 0) / Double(synced.sorted?.percentile(50) ?? 1))
    }
    var findings = Findings()
    findings.lines = [Self.row("us", ["p50", "p99"])]
    for (name, latencies) in [("a lone RevokeToken", revokes), ("4 KiB and fdatasync", syncs)] {
      guard let sorted = latencies.sorted else { continue }
      findings.lines.append(
        Self.row(name, [50, 99].map { Double(sorted.percentile($0)) / 1e3 }, digits: 1))
    }
    findings.lines.append(Self.row("ratio of the medians", [Self.median(ratios)], digits: 2))
    if folder.isInMemory { findings.lines.append("no disk: set TMPDIR to a folder on one") }
    return findings
  }
}

/// A file whose first page is written again and again, each time to the disk.
private final class SyncedFile {
  private let descriptor: FileDescriptor
  private let page = [UInt8](repeating: 0x5a, count: 4096)

  init(path: String) throws(BenchFailure) {
    do {
      descriptor = FileDescriptor(
        owning: try SystemCall.value { unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600) })
    } catch { throw BenchFailure("make a file", error) }
    _ = try sync()
  }

  /// How long it takes, in nanoseconds.
  func sync() throws(BenchFailure) -> Int64 {
    let begin = Clock.monotonicNanoseconds()
    // SAFETY: the call reads the page's bytes and keeps no pointer.
    do {
      _ = try SystemCall.value {
        unsafe page.withUnsafeBytes {
          unsafe Int32(pwrite(descriptor.rawValue, $0.baseAddress, $0.count, 0))
        }
      }
      _ = try SystemCall.value { fdatasync(descriptor.rawValue) }
    } catch { throw BenchFailure("sync a file", error) }
    return Clock.monotonicNanoseconds() - begin
  }
}
