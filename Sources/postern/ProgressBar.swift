internal import Glibc

/// A line on standard error that changes while long work goes on; nothing if that is no terminal.
final class ProgressLine {
  private let context: any ProcessContext
  private let isShown: Bool
  private let pauseNanoseconds: Int64
  private var dueNanoseconds: Int64
  private var isDrawn = false

  // Must not be shown where the line would mix with other lines.
  init(
    _ context: any ProcessContext, isShown: Bool = true, afterNanoseconds delay: Int64,
    everyNanoseconds pause: Int64
  ) {
    self.context = context
    self.isShown = isShown && context.isErrorTerminal
    pauseNanoseconds = pause
    dueNanoseconds = context.monotonicNanoseconds + delay
  }

  /// Draws the line if it is due.
  func show(_ text: (_ nowNanoseconds: Int64) -> String) {
    let now = context.monotonicNanoseconds
    guard isShown, now >= dueNanoseconds else { return }
    context.writeError("\r\(text(now))\u{1b}[K")
    isDrawn = true
    dueNanoseconds = now + pauseNanoseconds
  }

  /// Removes the line, before other output.
  func clear() {
    guard isDrawn else { return }
    context.writeError("\r\u{1b}[K")
    isDrawn = false
  }
}

/// The progress of work on many things: how many are done, and what part of the work that is.
struct ProgressBar {
  private let line: ProgressLine
  private let verb: String
  private let noun: String
  private let begunNanoseconds: Int64

  private static let width = 24

  init(
    _ verb: String, noun: String = "records", isShown: Bool = true,
    _ context: any ProcessContext
  ) {
    line = ProgressLine(
      context, isShown: isShown, afterNanoseconds: 0, everyNanoseconds: 100_000_000)
    self.verb = verb
    self.noun = noun
    begunNanoseconds = context.monotonicNanoseconds
  }

  /// Shows how many are done, and the part if it is known.
  func show(_ count: Int, part: Double?) {
    line.show { now in
      let seconds = Double(now - begunNanoseconds) / 1e9
      let rate = seconds > 0.5 ? ", \(Int(Double(count) / seconds)) a second" : ""
      return "\(bar(part))\(verb) \(count) \(noun)\(rate)"
    }
  }

  /// Removes the line.
  func clear() { line.clear() }

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
