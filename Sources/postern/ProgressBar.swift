internal import Glibc

/// The progress of long work, in one line on standard error; nothing if that is no terminal.
final class ProgressBar {
  private let context: any ProcessContext
  private let verb: String
  private let noun: String
  private let isShown: Bool
  private let begunNanoseconds: Int64
  private var shownNanoseconds: Int64?

  private static let width = 24

  // Must not be shown where the line would mix with other lines.
  init(
    _ verb: String, noun: String = "records", isShown: Bool = true,
    _ context: any ProcessContext
  ) {
    self.verb = verb
    self.noun = noun
    self.isShown = isShown && context.isErrorTerminal
    self.context = context
    begunNanoseconds = context.monotonicNanoseconds
  }

  /// Shows how many are done, and what part of the work that is, if known. Draws at most ten times
  /// a second.
  func show(_ count: Int, part: Double?) {
    guard isShown else { return }
    let now = context.monotonicNanoseconds
    if let shownNanoseconds, now - shownNanoseconds < 100_000_000 { return }
    shownNanoseconds = now
    let seconds = Double(now - begunNanoseconds) / 1e9
    let rate = seconds > 0.5 ? ", \(Int(Double(count) / seconds)) a second" : ""
    context.writeError("\r\(bar(part))\(verb) \(count) \(noun)\(rate)\u{1b}[K")
  }

  /// Removes the line.
  func clear() {
    guard shownNanoseconds.take() != nil else { return }
    context.writeError("\r\u{1b}[K")
  }

  private func bar(_ part: Double?) -> String {
    guard let part else { return "" }
    let bounded = min(max(part, 0), 1)
    let full = Int(bounded * Double(Self.width))
    return "[" + String(repeating: "#", count: full)
      + String(repeating: ".", count: Self.width - full) + "] \(Int(bounded * 100))% "
  }
}

/// Keeps a terminal from showing what is typed.
///
/// Hazard: if the process dies meanwhile, the terminal stays without echo. So the signals that the
/// keyboard can send first restore the echo and then have their usual effect.
///
/// SAFETY: the settings are written before the handler is installed and then only read; the handler
/// calls only functions that are allowed in one (tcsetattr, signal, raise).
enum QuietTerminal {
  private nonisolated(unsafe) static var settings = termios()
  private static let signals = [SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGTSTP]

  /// Runs `body` while standard input, a terminal, does not echo.
  static func withoutEcho<Result, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    guard unsafe tcgetattr(STDIN_FILENO, &settings) == 0 else { return try body() }
    var quiet = unsafe settings
    quiet.c_lflag &= ~tcflag_t(ECHO)
    for number in signals { _ = signal(number, restoreTerminal) }
    _ = unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet)
    defer {
      restore()
      for number in signals { _ = signal(number, SIG_DFL) }
    }
    return try body()
  }

  fileprivate static func restore() {
    _ = unsafe tcsetattr(STDIN_FILENO, TCSANOW, &settings)
  }
}

@c
private func restoreTerminal(_ number: Int32) {
  QuietTerminal.restore()
  _ = signal(number, SIG_DFL)
  raise(number)
}
