/// How far a scan is: a line at the bottom of the terminal, drawn over again and again once a
/// second has passed.
struct ScanProgress {
  private static let firstNanoseconds: Int64 = 1_000_000_000
  private static let nextNanoseconds: Int64 = 200_000_000

  private let surroundings: any Surroundings
  /// Nil where there is no terminal.
  private var dueNanoseconds: Int64?
  private var isShown = false

  init(_ surroundings: any Surroundings) {
    self.surroundings = surroundings
    if surroundings.isErrorTerminal {
      dueNanoseconds = surroundings.monotonicNanoseconds + Self.firstNanoseconds
    }
  }

  /// Shows the line if it is time to.
  mutating func show(_ counts: ScanCounts) {
    guard let due = dueNanoseconds else { return }
    let now = surroundings.monotonicNanoseconds
    guard now >= due else { return }
    surroundings.writeError("\r\u{1b}[K" + counts.line)
    isShown = true
    dueNanoseconds = now + Self.nextNanoseconds
  }

  /// Takes the line away, before something else is written.
  mutating func clear() {
    guard isShown else { return }
    surroundings.writeError("\r\u{1b}[K")
    isShown = false
  }
}
