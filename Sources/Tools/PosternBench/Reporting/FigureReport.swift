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
