internal import Foundation

/// The results of a run: figures in the order of measuring, and the ratios to quote.
struct Report: Encodable {
  let tokenCount: Int
  var anonymousKibibytes = 0
  private(set) var figures: [FigureReport] = []

  init(tokenCount: Int) {
    self.tokenCount = tokenCount
  }

  mutating func add(_ name: String, _ rounds: [Figure]) {
    figures.append(FigureReport(name: name, rounds: rounds))
  }

  private enum CodingKeys: String, CodingKey {
    case tokenCount, anonymousKibibytes, figures, ratios
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(tokenCount, forKey: .tokenCount)
    try container.encode(anonymousKibibytes, forKey: .anonymousKibibytes)
    try container.encode(figures, forKey: .figures)
    try container.encode(ratios, forKey: .ratios)
  }
}

extension Report {
  private static let pairs = [
    ("ValidateToken / Redis GET, 50 connections x 16 deep", "ttrpc-validate-50x16", "redis-50x16"),
    ("ValidateToken / Redis GET, 50 connections x 1 deep", "ttrpc-validate-50x1", "redis-50x1"),
    ("ValidateToken / Redis GET, one call at a time", "ttrpc-validate-1x1", "redis-1x1"),
    ("ValidateToken / echo, 50 connections x 16 deep", "ttrpc-validate-50x16", "echo-50x16"),
    ("ValidateToken / echo, 50 connections x 1 deep", "ttrpc-validate-50x1", "echo-50x1"),
    ("ValidateToken / echo, one call at a time", "ttrpc-validate-1x1", "echo-1x1"),
    (
      "Check / ValidateToken, 50 connections x 16 deep", "ttrpc-check-50x16", "ttrpc-validate-50x16"
    ),
    ("Check / ValidateToken, one call at a time", "ttrpc-check-1x1", "ttrpc-validate-1x1"),
    ("gRPC 8x32 / ttrpc 50x16, ValidateToken", "grpc-validate-8x32", "ttrpc-validate-50x16"),
    ("gRPC 8x32 / ttrpc 50x16, Check", "grpc-check-8x32", "ttrpc-check-50x16"),
    ("gRPC / ttrpc, ValidateToken, one call at a time", "grpc-validate-1x1", "ttrpc-validate-1x1"),
  ]

  /// The ratios of the pairs that were both measured.
  var ratios: [Ratio] {
    Self.pairs.compactMap { name, above, below in
      guard let above = figures.first(where: { $0.name == above }),
        let below = figures.first(where: { $0.name == below })
      else { return nil }
      var byLatency: Double?
      if let above = above.latency, let below = below.latency { byLatency = below.p50 / above.p50 }
      return Ratio(
        name: name, value: above.ratio(to: below, \.callsPerSecond),
        valueByProcessorTime: below.ratio(to: above, \.serverMicrosecondsPerCall),
        valueByMedianLatency: byLatency)
    }
  }
}

extension Report {
  /// Two tables for people: figures, then ratios.
  var text: String {
    var lines = [
      row(
        "\(tokenCount) tokens, one worker",
        [
          "calls/s", "slowest", "fastest", "server us", "client", "p50 us", "p99 us", "p99.9 us",
        ])
    ]
    for figure in figures {
      var cells = [
        figure.callsPerSecond, figure.slowestCallsPerSecond, figure.fastestCallsPerSecond,
      ]
      .map { String(format: "%.0f", $0) }
      cells.append(String(format: "%.2f", figure.serverMicrosecondsPerCall))
      cells.append(String(format: "%.0f %%", figure.clientShare * 100))
      if let latency = figure.latency {
        cells += [latency.p50, latency.p99, latency.p999].map { String(format: "%.1f", $0) }
      }
      lines.append(row(figure.name, cells))
    }
    lines += ["", row("ratio", ["by time", "by server", "by p50"], nameWidth: 54)]
    for ratio in ratios {
      let values =
        [ratio.value, ratio.valueByProcessorTime] + (ratio.valueByMedianLatency.map { [$0] } ?? [])
      let cells = values.map { String(format: "%.2f", $0) }
      lines.append(row(ratio.name, cells, nameWidth: 54))
    }
    lines += [
      "", "by time: calls/s; by server: calls per second of the server's processor, which a busy",
      "machine distorts least; by p50: median latency, the other way round",
      "the daemon's anonymous memory (RssAnon): \(anonymousKibibytes) KiB",
    ]
    if !Affinity.isPinned { lines.append("one processor: client and servers share it") }
    return lines.joined(separator: "\n") + "\n"
  }

  var json: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    guard let data = try? encoder.encode(self) else { preconditionFailure("figures are finite") }
    return String(decoding: data, as: UTF8.self) + "\n"
  }

  private func row(_ name: String, _ cells: [String], nameWidth: Int = 30) -> String {
    let padded = cells.map { String(repeating: " ", count: max(1, 11 - $0.count)) + $0 }
    return name.padding(toLength: nameWidth, withPad: " ", startingAt: 0) + padded.joined()
  }
}

/// One figure divided by another of the same run.
struct Ratio: Encodable {
  let name: String
  /// The ratio of calls per second.
  let value: Double
  /// The ratio by the server's processor time, which a busy machine distorts least.
  let valueByProcessorTime: Double
  /// The ratio by median latency in loads with one call at a time; as above, more is faster.
  let valueByMedianLatency: Double?
}

/// Latencies in microseconds, by percentile.
struct Latency: Encodable {
  let p50: Double
  let p99: Double
  let p999: Double
  let p9999: Double

  /// Nil without calls.
  init?(_ nanoseconds: [Int64]) {
    guard let sorted = Latencies(nanoseconds).sorted else { return nil }
    func microseconds(_ percent: Double) -> Double { Double(sorted.percentile(percent)) / 1e3 }
    p50 = microseconds(50)
    p99 = microseconds(99)
    p999 = microseconds(99.9)
    p9999 = microseconds(99.99)
  }
}

/// The medians of one load over all rounds.
struct FigureReport: Encodable {
  let name: String
  let callsPerSecond: Double
  let serverMicrosecondsPerCall: Double
  /// The share of the time in which the client's thread ran.
  let clientShare: Double
  /// The slowest and the fastest round, which show how far the figure can be trusted.
  let slowestCallsPerSecond: Double
  let fastestCallsPerSecond: Double
  /// For loads with one call at a time.
  let latency: Latency?
  /// The figures of each round, in the order of rounds.
  private let rounds: [Figure]

  private enum CodingKeys: String, CodingKey {
    case name, callsPerSecond, serverMicrosecondsPerCall, clientShare
    case slowestCallsPerSecond, fastestCallsPerSecond, latency
  }

  init(name: String, rounds: [Figure]) {
    self.name = name
    self.rounds = rounds
    let rates = rounds.map(\.callsPerSecond).sorted()
    callsPerSecond = Self.median(rates)
    slowestCallsPerSecond = rates.first ?? 0
    fastestCallsPerSecond = rates.last ?? 0
    serverMicrosecondsPerCall = Self.median(rounds.map(\.serverMicrosecondsPerCall))
    clientShare = Self.median(rounds.map(\.clientShare))
    latency = Latency(rounds.flatMap(\.latencies))
  }

  /// The ratio to `other`: the median over the rounds of the quotient of `figure`.
  func ratio(to other: FigureReport, _ figure: (Figure) -> Double) -> Double {
    Self.median(zip(rounds, other.rounds).map { figure($0) / max(figure($1), 1e-9) })
  }

  private static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return 0 }
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }
}
