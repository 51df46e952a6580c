internal import Foundation

// A use of a kept answer beside a call.
extension FiguresBench {
  func kept(_ base: Base) throws(BenchFailure) -> Findings {
    let bench = try KeptBench(base.postern, count: 1000)
    var bars = try bench.measure().map { figure in
      Bars.Bar(
        name: "kept: \(figure.way.rawValue)", value: figure.median,
        text: String(format: "%.1f ns", figure.median))
    }
    for rival in base.rivals {
      var medians: [Double] = []
      for _ in 0..<options.roundCount {
        let latencies = Latencies(try rival.closed(.alone, options.seconds).latencies)
        medians.append(Double(latencies.sorted?.percentile(50) ?? 0))
      }
      let median = Self.median(medians)
      bars.append(
        Bars.Bar(
          name: "call: \(rival.name)", value: median, text: String(format: "%.1f µs", median / 1e3))
      )
    }
    var findings = Findings()
    findings.lines = bars.map { Self.row($0.name, [$0.text]) }
    findings.pictures = [
      (
        "kept",
        Bars(title: "A use of a kept answer, and a call (medians)", axisTitle: "ns", bars).svg
      )
    ]
    return findings
  }
}
