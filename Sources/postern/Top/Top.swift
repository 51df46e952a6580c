/// Compares consecutive readings of the daemon, and shows the difference.
package struct Top {
  private let intervalSeconds: Int64
  private let count: Int
  private let isJSON: Bool
  private let context: any ProcessContext
  private let read: () throws(Failure) -> DaemonReading

  package init(
    intervalSeconds: Int64, count: Int, isJSON: Bool, context: any ProcessContext,
    read: @escaping () throws(Failure) -> DaemonReading
  ) {
    self.intervalSeconds = intervalSeconds
    self.count = count
    self.isJSON = isJSON
    self.context = context
    self.read = read
  }

  /// Shows `count` intervals, or fewer if a person quits.
  package func run() throws(Failure) {
    // A failure at the start is an error, also on a terminal.
    let first = try read()
    if isJSON || context.screenSize == nil { return try printLines(first) }
    context.takeScreen()
    defer { context.leaveScreen() }
    try draw(first)
  }

  private func printLines(_ first: DaemonReading) throws(Failure) {
    var older = first
    var deadline = first.nanoseconds
    for _ in 0..<count {
      deadline = next(after: deadline)
      while case .disturbed = context.wait(untilNanoseconds: deadline) {}
      let newer = try read()
      let rates = DaemonRates(from: older, to: newer)
      let now = context.nowSeconds
      try context.write(
        (isJSON ? rates.json(atSeconds: now) : rates.line(atSeconds: now)) + "\n")
      older = newer
    }
  }

  private func draw(_ first: DaemonReading) throws(Failure) {
    var older = first
    var rates: DaemonRates?
    var note = ""
    var deadline = first.nanoseconds
    for _ in 0..<count {
      deadline = next(after: deadline)
      waiting: while true {
        try draw(rates, note)
        switch context.wait(untilNanoseconds: deadline) {
        case .elapsed: break waiting
        case .ended: return
        case .disturbed: continue
        }
      }
      do throws(Failure) {
        let newer = try read()
        rates = DaemonRates(from: older, to: newer)
        note = ""
        older = newer
      } catch {
        // The daemon may come back, so the next interval tries again.
        note = error.report(for: nil).split(separator: "\n").first.map(String.init) ?? ""
      }
    }
    try draw(rates, note)
  }

  private func draw(_ rates: DaemonRates?, _ note: String) throws(Failure) {
    guard let size = context.screenSize else { return }
    let picture = TopPicture(size, isColored: context.variable("NO_COLOR") == nil)
    let lines =
      if let rates {
        picture.lines(
          rates, atSeconds: context.nowSeconds, intervalSeconds: intervalSeconds, note: note)
      } else {
        picture.waiting(note.isEmpty ? "counting for \(intervalSeconds)s" : note)
      }
    try context.write(picture.redrawing(lines))
  }

  /// The end of the next interval. Missed intervals, as after a suspension, are skipped.
  private func next(after deadline: Int64) -> Int64 {
    let interval = intervalSeconds.multipliedReportingOverflow(by: 1_000_000_000)
    let length = interval.overflow ? Int64.max / 2 : interval.partialValue
    let now = context.monotonicNanoseconds
    let following = deadline + min(length, Int64.max / 2)
    return following > now ? following : now + min(length, Int64.max / 2)
  }
}
