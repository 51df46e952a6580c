internal import Messages

/// The picture that `top` draws.
package struct TopPicture {
  let size: ScreenSize
  let isColored: Bool

  package init(_ size: ScreenSize, isColored: Bool) {
    self.size = size
    // Color codes don't count as columns, so a screen where lines may be cut has no colors.
    self.isColored = isColored && size.columns >= 60
  }

  private static let methodCount = 10
  private static let cellColumns = 26
  private static let numberColumns = 10

  /// The text that draws `lines` over the present picture.
  ///
  /// A line is cleared before it is written. After a line of full width the cursor is still on its
  /// last character, which clearing would remove.
  package func redrawing(_ lines: [String]) -> String {
    let rest = lines.count < size.rows ? "\n\u{1b}[J" : ""
    return "\u{1b}[H" + lines.map { "\u{1b}[K" + $0 }.joined(separator: "\n") + rest
  }

  /// The lines until there is a second reading to compare with.
  func waiting(_ words: String) -> [String] { [cut("postern top: \(words)")] }

  /// The lines of a picture; `note` is the latest failure, or empty.
  package func lines(
    _ rates: DaemonRates, atSeconds time: Int64, intervalSeconds: Int64, note: String = ""
  ) -> [String] {
    let status = rates.status
    let now = JSONTime(seconds: time)
    let started = HumanTime.distance(status.startedSeconds, from: time)
    var lines = [
      styled(
        "1", cut("posternd \(status.version), process \(status.processID), started \(started)")),
      cut("\(now.date) \(now.timeOfDay) UTC, every \(intervalSeconds)s, q ends"),
      note.isEmpty ? "" : styled("31", cut(note)),
    ]
    lines += grid(cells(rates))
    if !rates.refusals.isEmpty {
      let reasons = rates.refusals.map {
        "\(DisplayText($0.reason)) \(AmountText.rate($0.perSecond))/s"
      }
      lines.append(cut("refused: " + reasons.joined(separator: ", ")))
    }
    lines.append("")
    lines.append(
      styled("7", cut(row("METHOD", ["CALLS/S", "ERRORS/S", "P50", "P99"], isLeft: true))))
    for calls in rates.methods.prefix(Self.methodCount) {
      let numbers = [
        AmountText.rate(calls.perSecond), AmountText.rate(calls.errorsPerSecond),
        AmountText.time(calls.median), AmountText.time(calls.percentile99),
      ]
      lines.append(cut(row(Self.short(calls.method), numbers, isLeft: false)))
    }
    return Array(lines.prefix(max(1, size.rows)))
  }

  private func cells(_ rates: DaemonRates) -> [(name: String, value: String, isBad: Bool)] {
    let status = rates.status
    return [
      ("calls/s", AmountText.rate(rates.all.perSecond), false),
      ("errors/s", AmountText.rate(rates.all.errorsPerSecond), rates.all.errorsPerSecond > 0),
      ("refused/s", AmountText.rate(rates.refusalsPerSecond), rates.refusalsPerSecond > 0),
      ("call p50", AmountText.time(rates.all.median), false),
      ("call p99", AmountText.time(rates.all.percentile99), false),
      ("connections", "\(status.connections)", false),
      ("changes/s", AmountText.rate(rates.changesPerSecond), false),
      ("commit p50", AmountText.time(rates.commitMedian), false),
      ("commit p99", AmountText.time(rates.commitPercentile99), false),
      ("in", AmountText.bytesPerSecond(rates.receivedBytesPerSecond), false),
      ("out", AmountText.bytesPerSecond(rates.sentBytesPerSecond), false),
      ("revision", "\(status.revision)", false),
      ("tokens", "\(status.tokens)", false),
      ("ledger", StatusCommand.byteCount(status.ledgerBytes), false),
      ("workers", "\(status.workers)", false),
    ]
  }

  /// As many cells side by side as fit.
  private func grid(_ cells: [(name: String, value: String, isBad: Bool)]) -> [String] {
    let perLine = max(1, min(4, size.columns / Self.cellColumns))
    var lines: [String] = []
    for begin in stride(from: 0, to: cells.count, by: perLine) {
      let texts = cells[begin..<min(cells.count, begin + perLine)].map { cell in
        let room = Self.cellColumns - 2 - cell.name.count
        let value = Self.padded(cell.value, to: room)
        return cell.name + (cell.isBad ? styled("31", value) : value)
      }
      let line = texts.joined(separator: "  ")
      lines.append(isColored ? line : cut(line))
    }
    return lines
  }

  private func row(_ method: String, _ numbers: [String], isLeft: Bool) -> String {
    let room = max(8, min(50, size.columns - Self.numberColumns * numbers.count))
    // The end of a name says more than its beginning.
    let name = method.count > room ? "…" + method.suffix(room - 1) : method
    return name + String(repeating: " ", count: room - name.count)
      + numbers.map { Self.padded($0, to: Self.numberColumns) }.joined()
  }

  /// The method without its package.
  private static func short(_ method: String) -> String {
    let parts = DisplayText(method).description.split(separator: "/", maxSplits: 1)
    guard parts.count == 2, let service = parts[0].split(separator: ".").last else {
      return parts.first.map(String.init) ?? ""
    }
    return "\(service)/\(parts[1])"
  }

  private static func padded(_ text: String, to count: Int) -> String {
    String(repeating: " ", count: max(1, count - text.count)) + text
  }

  private func cut(_ line: String) -> String {
    line.count <= size.columns ? line : String(line.prefix(size.columns))
  }

  private func styled(_ style: String, _ text: String) -> String {
    isColored && !text.isEmpty ? "\u{1b}[\(style)m\(text)\u{1b}[0m" : text
  }
}

/// Amounts for people, at most nine columns wide.
package enum AmountText {
  /// Such as `0.5`, `1234` or `12.3M`.
  package static func rate(_ perSecond: Double) -> String {
    if perSecond < 100 { return decimal(perSecond) }
    if perSecond < 999_999.5 { return "\(Int(perSecond.rounded()))" }
    return decimal(min(perSecond / 1_000_000, 999_999)) + "M"
  }

  /// Such as `12.0 µs`, `3.4 ms` or `>5.0 s`; a dash for nil.
  package static func time(_ quantile: Quantile?) -> String {
    guard let quantile else { return "-" }
    let sign = quantile.isLeast ? ">" : ""
    let seconds = quantile.seconds
    // From 999.95 on, a value would round to 1000.0.
    if seconds < 0.000_999_95 { return "\(sign)\(decimal(seconds * 1_000_000)) µs" }
    if seconds < 0.999_95 { return "\(sign)\(decimal(seconds * 1_000)) ms" }
    return "\(sign)\(decimal(seconds)) s"
  }

  /// Such as `1.5 MiB/s`.
  package static func bytesPerSecond(_ rate: Double) -> String {
    StatusCommand.byteCount(UInt64(min(max(0, rate), 1e18).rounded())) + "/s"
  }

  /// The value with one digit after the point.
  private static func decimal(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }
}
