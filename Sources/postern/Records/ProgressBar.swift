/// How far long work has come, in one line of the terminal that standard error is; nothing where it
/// is none.
struct ProgressBar {
  private let surroundings: any Surroundings
  private let verb: String
  private let isShown: Bool
  private let begunNanoseconds: Int64
  private var shownNanoseconds: Int64?

  private static let width = 24

  // It is not to be shown where the line would stand among others.
  init(_ verb: String, isShown: Bool = true, _ surroundings: any Surroundings) {
    self.verb = verb
    self.isShown = isShown && surroundings.isErrorTerminal
    self.surroundings = surroundings
    begunNanoseconds = surroundings.monotonicNanoseconds
  }

  /// Shows a number of records, and of what part of the work they are, if it is known. Ten times a
  /// second at most.
  mutating func show(_ records: Int, part: Double?) {
    guard isShown else { return }
    let now = surroundings.monotonicNanoseconds
    if let shownNanoseconds, now - shownNanoseconds < 100_000_000 { return }
    shownNanoseconds = now
    let seconds = Double(now - begunNanoseconds) / 1e9
    let rate = seconds > 0.5 ? ", \(Int(Double(records) / seconds)) a second" : ""
    surroundings.writeError("\r\(bar(part))\(verb) \(records) records\(rate)\u{1b}[K")
  }

  /// Takes the line away.
  mutating func clear() {
    guard shownNanoseconds.take() != nil else { return }
    surroundings.writeError("\r\u{1b}[K")
  }

  private func bar(_ part: Double?) -> String {
    guard let part else { return "" }
    let bounded = min(max(part, 0), 1)
    let full = Int(bounded * Double(Self.width))
    return "[" + String(repeating: "#", count: full)
      + String(repeating: ".", count: Self.width - full) + "] \(Int(bounded * 100))% "
  }
}
