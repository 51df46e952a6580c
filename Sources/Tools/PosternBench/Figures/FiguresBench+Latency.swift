// How long calls take: at a steady rate on many connections, and one at a time.
extension FiguresBench {
  static let rate = 20_000.0
  static let connectionCount = 50
  private static let percents = [
    0, 10, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 99.95, 99.99,
  ]
  private static let listed = [50, 90, 99, 99.9, 99.99]

  func latency(_ base: Base) throws(BenchFailure) -> Findings {
    var open = [Latencies](repeating: Latencies(), count: base.rivals.count)
    var closed = open
    for _ in 0..<options.roundCount {
      for (index, rival) in base.rivals.enumerated() {
        let rate = OpenRate(callsPerSecond: Self.rate, seconds: options.seconds)
        let load = try rival.open(rate, Self.connectionCount)
        try OpenLoads.run([load])
        open[index].add(load.latencies)
        closed[index].add(Latencies(try rival.closed(.alone, options.seconds).latencies))
      }
    }
    // The interval of a client that calls one after another is what a call takes.
    let corrected = closed.map {
      $0.corrected(intervalNanoseconds: $0.sorted?.percentile(50) ?? 0)
    }
    let names = base.rivals.map(\.name)
    var findings = Findings()
    findings.lines = [Self.row("us", Self.listed.map { "p\(Axis.text($0))" })]
    for (title, all) in [
      ("open loop, \(Int(Self.rate))/s on \(Self.connectionCount)", open),
      ("closed loop, one at a time", closed), ("the same, corrected", corrected),
    ] {
      findings.lines.append(title)
      for (name, latencies) in zip(names, all) {
        guard let sorted = latencies.sorted else { continue }
        let cells = Self.listed.map { Double(sorted.percentile($0)) / 1e3 }
        findings.lines.append(Self.row("  \(name), \(latencies.count) calls", cells, digits: 1))
      }
    }
    findings.pictures = [
      (
        "latency-open",
        Self.picture(
          "Latency at \(Axis.text(Self.rate)) calls/s on \(Self.connectionCount) connections",
          of: names, open)
      ),
      (
        "latency-closed",
        Self.picture(
          "Latency of one call at a time, coordinated omission corrected", of: names,
          corrected)
      ),
    ]
    return findings
  }

  private static func picture(
    _ title: String, of names: [String], _ all: [Latencies]
  ) -> String {
    let series = zip(names, all).compactMap { name, latencies -> Chart.Series? in
      guard let sorted = latencies.sorted else { return nil }
      return Chart.Series(
        name: name,
        points: percents.map { (Axis.nines($0), Double(sorted.percentile($0)) / 1e3) })
    }
    let values = series.flatMap { $0.points.map(\.y) }.filter { $0 > 0 }
    return Chart(
      title: title, x: .percentiles("percentile"),
      y: .logarithmic("µs", from: values.min() ?? 1, to: values.max() ?? 10), series: series
    ).svg
  }
}
