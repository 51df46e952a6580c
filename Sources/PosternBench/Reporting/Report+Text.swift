internal import Foundation

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
