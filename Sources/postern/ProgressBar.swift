/// How far long work has come, in one line of the terminal that standard error is; nothing where it
/// is none.
final class ProgressBar {
  private let surroundings: any Surroundings
  private let verb: String
  private let noun: String
  private let isShown: Bool
  private let begunNanoseconds: Int64
  private var shownNanoseconds: Int64?

  private static let width = 24

  // It is not to be shown where the line would stand among others.
  init(
    _ verb: String, noun: String = "records", isShown: Bool = true,
    _ surroundings: any Surroundings
  ) {
    self.verb = verb
    self.noun = noun
    self.isShown = isShown && surroundings.isErrorTerminal
    self.surroundings = surroundings
    begunNanoseconds = surroundings.monotonicNanoseconds
  }

  /// Shows how many are done, and what part of the work that is, if it is known. Ten times a
  /// second at most.
  func show(_ count: Int, part: Double?) {
    guard isShown else { return }
    let now = surroundings.monotonicNanoseconds
    if let shownNanoseconds, now - shownNanoseconds < 100_000_000 { return }
    shownNanoseconds = now
    let seconds = Double(now - begunNanoseconds) / 1e9
    let rate = seconds > 0.5 ? ", \(Int(Double(count) / seconds)) a second" : ""
    surroundings.writeError("\r\(bar(part))\(verb) \(count) \(noun)\(rate)\u{1b}[K")
  }

  /// Takes the line away.
  func clear() {
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
