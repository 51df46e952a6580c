internal import Foundation
internal import PosternClient
internal import TestSupport
internal import Testing
internal import postern

/// What `top` makes of readings of the daemon.
@Suite struct TopTests {
  /// A reading of a daemon that has answered so many calls, a tenth of them with errors.
  private func reading(
    second: Int64, calls: Int, refused: Int = 0, revision: UInt64 = 0, processID: UInt32 = 7,
    method: String = "postern.v1.TokenService/ValidateToken"
  ) throws -> DaemonReading {
    var status = DaemonStatus()
    status.version = "0.1.0"
    status.processID = processID
    status.startedSeconds = 1_777_636_800 - 3_600
    status.connections = 3
    status.revision = revision
    let errors = calls / 10
    let text = """
      # TYPE postern_calls counter
      postern_calls_total{method="\(method)",protocol="grpc",status="OK"} \(calls - errors)
      postern_calls_total{method="\(method)",protocol="ttrpc",status="NOT_FOUND"} \(errors)
      # TYPE postern_call_duration_seconds histogram
      postern_call_duration_seconds_bucket{method="\(method)",le="0.001"} 0
      postern_call_duration_seconds_bucket{method="\(method)",le="0.002"} \(calls)
      postern_call_duration_seconds_bucket{method="\(method)",le="+Inf"} \(calls)
      postern_received_bytes_total \(calls * 100)
      postern_sent_bytes_total \(calls * 10)
      postern_refused_connections_total{reason="idle"} \(refused)
      postern_commit_duration_seconds_bucket{le="0.5"} \(revision)
      postern_commit_duration_seconds_bucket{le="+Inf"} \(revision)
      # EOF

      """
    return DaemonReading(
      status, try OpenMetricsReading(text), monotonicNanoseconds: second * 1_000_000_000)
  }

  @Test func ratesAreOfTheDifference() throws {
    let rates = DaemonRates(
      from: try reading(second: 10, calls: 1_000, revision: 5),
      to: try reading(second: 14, calls: 3_000, refused: 2, revision: 9))
    #expect(rates.seconds == 4)
    #expect(rates.all.perSecond == 500)
    #expect(rates.all.errorsPerSecond == 50)
    #expect(rates.methods.map(\.method) == ["postern.v1.TokenService/ValidateToken"])
    #expect(rates.methods[0].perSecond == 500)
    #expect(rates.all.median == Quantile(seconds: 0.0015))
    #expect(rates.changesPerSecond == 1)
    #expect(rates.commitMedian == Quantile(seconds: 0.25))
    #expect(rates.receivedBytesPerSecond == 50_000)
    #expect(rates.sentBytesPerSecond == 5_000)
    #expect(rates.refusals.map(\.reason) == ["idle"])
    #expect(rates.refusalsPerSecond == 0.5)
  }

  @Test func anotherProcessCountsFromNothing() throws {
    let rates = DaemonRates(
      from: try reading(second: 10, calls: 1_000, revision: 5),
      to: try reading(second: 12, calls: 2_000, revision: 7, processID: 8))
    #expect(rates.all.perSecond == 1_000)
    #expect(rates.changesPerSecond == 1)
  }

  @Test func nothingHappened() throws {
    let same = try reading(second: 10, calls: 1_000)
    let rates = DaemonRates(from: same, to: same)
    #expect(rates.all.perSecond == 0)
    #expect(rates.all.median == nil)
    #expect(rates.methods.isEmpty)
    #expect(rates.refusals.isEmpty)
  }

  @Test func lineAndObject() throws {
    let rates = DaemonRates(
      from: try reading(second: 10, calls: 0), to: try reading(second: 12, calls: 1_000))
    #expect(
      rates.line(atSeconds: 1_777_636_800)
        == "2026-05-01T12:00:00Z calls/s=500 errors/s=50.0 p50=1.5ms p99=2.0ms connections=3"
        + " refused/s=0.0 revision=0 changes/s=0.0 commit-p50=- commit-p99=- in=48.8KiB/s"
        + " out=4.8KiB/s")
    let json = rates.json(atSeconds: 1_777_636_800)
    #expect(!json.contains("\n"))
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
    #expect(object["time"] as? String == "2026-05-01T12:00:00Z")
    #expect(object["calls_per_second"] as? Double == 500)
    #expect(object["commit_p50_seconds"] is NSNull)
    let methods = try #require(object["methods"] as? [[String: Any]])
    #expect(methods[0]["method"] as? String == "postern.v1.TokenService/ValidateToken")
    #expect(methods[0]["p50_seconds"] as? Double == 0.0015)
  }

  @Test(arguments: [60, 61, 79, 80, 120, 300], [true, false])
  func pictureFitsTheScreen(columns: Int, isColored: Bool) throws {
    let picture = TopPicture(ScreenSize(columns: columns, rows: 40), isColored: isColored)
    let rates = DaemonRates(
      from: try reading(second: 10, calls: 0),
      to: try reading(second: 12, calls: 1_000, refused: 100_000))
    let lines = picture.lines(
      rates, atSeconds: 1_777_636_800, intervalSeconds: 2,
      note: "postern: " + String(repeating: "long ", count: 100))
    #expect(lines.contains { $0.contains("\u{1b}[") } == isColored)
    let plain = lines.map { $0.replacing(/\u{1b}\[[0-9]*m/, with: "") }
    #expect(plain.allSatisfy { $0.count <= columns })
    let method = try #require(plain.last)
    #expect(method.contains("ValidateToken "))
    #expect(method.hasSuffix("    500      50.0    1.5 ms    2.0 ms"))
    #expect(plain.contains { $0.hasPrefix("refused: idle 50000/s") })
    for name in ["calls/s", "errors/s", "commit p99", "workers"] {
      #expect(plain.contains { $0.contains("\(name) ") })
    }
  }

  @Test func pictureKeepsToTheRowsAndToTenMethods() throws {
    let rates = DaemonRates(
      from: try reading(second: 10, calls: 0), to: try reading(second: 12, calls: 1_000))
    let small = TopPicture(ScreenSize(columns: 60, rows: 5), isColored: false)
    let lines = small.lines(rates, atSeconds: 0, intervalSeconds: 2)
    #expect(lines.count == 5)
    // Neither scrolls nor clears the last line away.
    #expect(small.redrawing(lines).count { $0 == "\n" } == 4)
    #expect(!small.redrawing(lines).hasSuffix("\u{1b}[J"))

    var text = ""
    for index in 10..<30 {
      text += "postern_calls_total{method=\"p.S/M\(index)\",status=\"OK\"} \(index)\n"
    }
    let many = DaemonReading(
      DaemonStatus(), try OpenMetricsReading(text + "# EOF\n"),
      monotonicNanoseconds: 2_000_000_000)
    let none = DaemonReading(
      DaemonStatus(), try OpenMetricsReading("# EOF\n"), monotonicNanoseconds: 0)
    let shown = TopPicture(ScreenSize(columns: 80, rows: 50), isColored: false)
      .lines(DaemonRates(from: none, to: many), atSeconds: 0, intervalSeconds: 2)
      .filter { $0.hasPrefix("S/M") }.map { $0.prefix(5) }
    #expect(shown == (20..<30).reversed().map { "S/M\($0)" })
  }

  @Test(
    arguments: [
      (0, "0.0"), (0.25, "0.3"), (99.94, "99.9"), (100, "100"), (999_999, "999999"),
      (12_345_678, "12.3M"), (1e300, "999999.0M"),
    ] as [(Double, String)])
  func rateTexts(rate: Double, text: String) {
    #expect(AmountText.rate(rate) == text)
  }

  @Test(
    arguments: [
      (nil, "-"), (Quantile(seconds: 0.000_012), "12.0 µs"),
      (Quantile(seconds: 0.001), "1.0 ms"), (Quantile(seconds: 0.9999), "999.9 ms"),
      (Quantile(seconds: 0.999_96), "1.0 s"), (Quantile(seconds: 5, isLeast: true), ">5.0 s"),
    ] as [(Quantile?, String)])
  func timeTexts(quantile: Quantile?, text: String) {
    #expect(AmountText.time(quantile) == text)
  }

  // MARK: The command

  /// Runs `top` over readings of a daemon that answers a thousand calls a second.
  private func run(
    count: Int, isJSON: Bool = false, _ context: RecordedContext,
    fails: Set<Int> = []
  ) throws -> Int {
    let readings = try (0..<20).map { try reading(second: Int64($0 * 2), calls: $0 * 2_000) }
    let reads = Counter()
    let top = Top(
      intervalSeconds: 2, count: count, isJSON: isJSON, context: context,
      read: { () throws(Failure) in
        reads.count += 1
        if fails.contains(reads.count) { throw .trouble("no daemon", advice: "start it") }
        return readings[reads.count - 1]
      })
    try top.run()
    return reads.count
  }

  private final class Counter {
    var count = 0
  }

  @Test func printsALineForEachIntervalWhereThereIsNoTerminal() throws {
    let context = RecordedContext()
    #expect(try run(count: 3, context) == 4)
    let lines = context.output.split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines.allSatisfy { $0.contains(" calls/s=1000 ") })
    #expect(context.monotonicNanoseconds == 6_000_000_000)
    #expect(!context.output.contains("\u{1b}"))
  }

  @Test func printsObjectsOnATerminalToo() throws {
    let context = RecordedContext()
    context.screenSize = ScreenSize(columns: 80, rows: 24)
    _ = try run(count: 2, isJSON: true, context)
    #expect(context.output.split(separator: "\n").count == 2)
    #expect(context.output.hasPrefix("{\"time\":"))
  }

  @Test func aFailureEndsLines() throws {
    let context = RecordedContext()
    #expect(throws: Failure.self) { _ = try run(count: 3, context, fails: [3]) }
    #expect(context.output.split(separator: "\n").count == 1)
  }

  @Test func aPictureOutlivesTheDaemon() throws {
    let context = RecordedContext()
    context.screenSize = ScreenSize(columns: 80, rows: 24)
    context.variables["NO_COLOR"] = "1"
    #expect(try run(count: 3, context, fails: [3]) == 4)
    #expect(!context.isScreenTaken)
    let pictures = context.output.components(separatedBy: "\u{1b}[H").dropFirst()
    #expect(pictures.count == 4)
    #expect(pictures.map { $0.contains("postern: no daemon") } == [false, false, true, false])
    #expect(pictures.map { $0.contains("ValidateToken") } == [false, true, true, true])
    #expect(!context.output.contains("m\u{1b}") && !context.output.contains("[31m"))
  }

  @Test func aPersonEndsItAndResizesIt() throws {
    let context = RecordedContext()
    context.screenSize = ScreenSize(columns: 80, rows: 24)
    context.waits = [.elapsed, .disturbed, .ended]
    #expect(try run(count: .max, context) == 2)
    #expect(!context.isScreenTaken)
    #expect(context.output.components(separatedBy: "\u{1b}[H").count - 1 == 3)
    #expect(context.output.contains("\u{1b}[1m"))
  }

  @Test func aFailureAtTheStartLeavesTheScreenAlone() throws {
    let context = RecordedContext()
    context.screenSize = ScreenSize(columns: 80, rows: 24)
    #expect(throws: Failure.self) { _ = try run(count: 3, context, fails: [1]) }
    #expect(context.output == "")
  }

  @Test(arguments: [
    ("top --interval soon", "is not a length of time"),
    ("top --interval 0s", "is not a length of time"),
    ("top --count 0", "is not a number of at least 1"),
    ("top --count x", "is not a number of at least 1"),
    ("status --count 1", "takes no `--count`"),
  ])
  func misuse(line: String, says: String) {
    let context = RecordedContext()
    let code = Program.run(line.split(separator: " ").map(String.init), in: context)
    #expect(code == .misuse)
    #expect(context.errors.contains(says))
  }
}
