/// How far long work has come, on one line of standard error that is written over and taken away in
/// the end; nothing where no person can watch it.
final class Progress {
  private let title: String
  private let surroundings: any Surroundings
  private let isShown: Bool
  private var shown = -1

  private static let width = 30

  init(_ title: String, _ surroundings: any Surroundings) {
    self.title = title
    self.surroundings = surroundings
    isShown = surroundings.isErrorTerminal
  }

  /// Shows that `done` of `all` steps are done.
  func show(_ done: UInt64, of all: UInt64) {
    guard isShown, all > 0 else { return }
    let hundredths = Int((Double(done) / Double(all) * 100).rounded(.down))
    guard hundredths != shown else { return }
    shown = hundredths
    let full = hundredths * Self.width / 100
    let bar = String(repeating: "=", count: full)
    let rest = String(repeating: " ", count: max(0, Self.width - full))
    surroundings.writeError("\r\(title) [\(bar)\(rest)] \(hundredths) %")
  }

  /// Takes the line away.
  func end() {
    guard shown >= 0 else { return }
    shown = -1
    surroundings.writeError("\r\u{1b}[K")
  }
}
