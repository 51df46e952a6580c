internal import Glibc

/// How far long work has come, in one line of the terminal that standard error is; nothing where it
/// is none.
final class ProgressBar {
  private let context: any ProcessContext
  private let verb: String
  private let noun: String
  private let isShown: Bool
  private let begunNanoseconds: Int64
  private var shownNanoseconds: Int64?

  private static let width = 24

  // It is not to be shown where the line would stand among others.
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

  /// Shows how many are done, and what part of the work that is, if it is known. Ten times a
  /// second at most.
  func show(_ count: Int, part: Double?) {
    guard isShown else { return }
    let now = context.monotonicNanoseconds
    if let shownNanoseconds, now - shownNanoseconds < 100_000_000 { return }
    shownNanoseconds = now
    let seconds = Double(now - begunNanoseconds) / 1e9
    let rate = seconds > 0.5 ? ", \(Int(Double(count) / seconds)) a second" : ""
    context.writeError("\r\(bar(part))\(verb) \(count) \(noun)\(rate)\u{1b}[K")
  }

  /// Takes the line away.
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
/// Hazard: a process that dies meanwhile leaves the terminal mute. So the signals that a person can
/// send from the keyboard first bring the echo back and then do what they always do.
///
/// SAFETY: the settings are written before the handler is installed and then only read; the handler
/// calls nothing but what may be called in one (tcsetattr, signal, raise).
enum QuietTerminal {
  private nonisolated(unsafe) static var settings = termios()
  private static let signals = [SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGTSTP]

  /// Runs `body` while standard input, a terminal, doesn't echo.
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
