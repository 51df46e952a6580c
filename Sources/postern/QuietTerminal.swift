internal import Glibc

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
