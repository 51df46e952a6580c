// How many calls a second a server answers, one at a time on each of so many connections.
extension FiguresBench {
  private static let connectionCounts = [1, 2, 4, 8, 16, 32, 64, 128, 256]

  func throughput(_ base: Base) throws(BenchFailure) -> Findings {
    let counts = Self.connectionCounts
    var rates = base.rivals.map { _ in counts.map { _ in [Double]() } }
    for _ in 0..<options.roundCount {
      for (place, count) in counts.enumerated() {
        for (index, rival) in base.rivals.enumerated() {
          let shape = Shape(connectionCount: count, depth: 1)
          rates[index][place].append(try rival.closed(shape, options.seconds).callsPerSecond)
        }
      }
    }
    let medians = rates.map { $0.map { Self.median($0) / 1e3 } }
    var findings = Findings()
    findings.lines = [Self.row("thousand calls/s, connections", counts.map { "\($0)" })]
    for (rival, cells) in zip(base.rivals, medians) {
      findings.lines.append(Self.row(rival.name, cells, digits: 1))
    }
    let series = zip(base.rivals, medians).map { rival, values in
      Chart.Series(name: rival.name, points: zip(counts, values).map { (Double($0), $1) })
    }
    let chart = Chart(
      title: "Calls a second, one at a time on each connection",
      x: .logarithmic("connections", from: 1, to: 1000),
      y: .linear("thousand calls a second", upTo: medians.flatMap { $0 }.max() ?? 1),
      series: series)
    findings.pictures = [("throughput", chart.svg)]
    return findings
  }
}
