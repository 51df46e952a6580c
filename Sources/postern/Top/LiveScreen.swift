internal import Glibc

/// The terminal while pictures are drawn on it: its alternate screen, no cursor, no echo, and every
/// key at once.
///
/// Hazard: if the process dies meanwhile, the terminal stays like this. So the signals that the
/// keyboard can send first restore it and then have their usual effect. A process that is stopped
/// and continued takes the screen again.
///
/// SAFETY: the settings are written before the handlers are installed and then only read; the
/// handlers call only functions that are allowed in one (tcsetattr, write, signal, raise). The C
/// calls get buffers of the size that they are told, and keep no pointer.
enum LiveScreen {
  private nonisolated(unsafe) static var settings = termios()
  private nonisolated(unsafe) static var hasKeys = false
  private(set) nonisolated(unsafe) static var isTaken = false
  private static let endings = [SIGINT, SIGTERM, SIGQUIT, SIGHUP]

  /// The size of the terminal on standard output; nil if that is no terminal.
  static var size: ScreenSize? {
    guard isatty(STDOUT_FILENO) == 1 else { return nil }
    var size = winsize()
    guard unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0,
      size.ws_row > 0
    else { return ScreenSize(columns: 80, rows: 24) }
    return ScreenSize(columns: Int(size.ws_col), rows: Int(size.ws_row))
  }

  static func take() {
    unsafe hasKeys = unsafe tcgetattr(STDIN_FILENO, &settings) == 0
    for number in endings { _ = signal(number, leaveAndEnd) }
    _ = signal(SIGTSTP, leaveAndStop)
    _ = signal(SIGCONT, takeAgain)
    _ = signal(SIGWINCH, noticeResize)
    unsafe isTaken = true
    enter()
  }

  static func leave() {
    restore()
    unsafe isTaken = false
    for number in endings + [SIGTSTP, SIGCONT, SIGWINCH] { _ = signal(number, SIG_DFL) }
  }

  /// Waits until a time of the monotonic clock, for the key q, or for a signal.
  static func wait(untilNanoseconds deadline: Int64, now: () -> Int64) -> WaitOutcome {
    var keys = pollfd(
      fd: unsafe isTaken && hasKeys ? STDIN_FILENO : -1, events: Int16(POLLIN), revents: 0)
    while true {
      let remaining = deadline - now()
      guard remaining > 0 else { return .elapsed }
      let milliseconds = Int32(min(remaining / 1_000_000 + 1, 1_000_000_000))
      let count = unsafe poll(&keys, 1, milliseconds)
      if count < 0, unsafe isTaken { return .disturbed }
      guard count > 0 else { continue }
      var bytes: [UInt8] = Array(repeating: 0, count: 64)
      let length = unsafe read(STDIN_FILENO, &bytes, bytes.count)
      // At the end of the input no more keys can come.
      if length <= 0 { keys.fd = -1 }
      // Ctrl-C and Ctrl-D arrive as bytes if another program has made the terminal raw.
      let ends: [UInt8] = [UInt8(ascii: "q"), UInt8(ascii: "Q"), 0x03, 0x04]
      if bytes.prefix(max(0, length)).contains(where: ends.contains) { return .ended }
    }
  }

  fileprivate static func enter() {
    if unsafe hasKeys {
      var quiet = unsafe settings
      quiet.c_lflag &= ~tcflag_t(ECHO | ICANON)
      _ = unsafe tcsetattr(STDIN_FILENO, TCSANOW, &quiet)
    }
    put("\u{1b}[?1049h\u{1b}[?25l\u{1b}[2J")
  }

  fileprivate static func restore() {
    put("\u{1b}[?25h\u{1b}[?1049l")
    if unsafe hasKeys { _ = unsafe tcsetattr(STDIN_FILENO, TCSANOW, &settings) }
  }

  private static func put(_ text: StaticString) {
    _ = unsafe write(STDOUT_FILENO, text.utf8Start, text.utf8CodeUnitCount)
  }
}

@c
private func leaveAndEnd(_ number: Int32) {
  LiveScreen.restore()
  _ = signal(number, SIG_DFL)
  raise(number)
}

@c
private func leaveAndStop(_ number: Int32) {
  LiveScreen.restore()
  _ = signal(number, SIG_DFL)
  raise(number)
}

@c
private func takeAgain(_ number: Int32) {
  _ = signal(SIGTSTP, leaveAndStop)
  LiveScreen.enter()
}

/// Does nothing; the signal itself ends a wait.
@c
private func noticeResize(_ number: Int32) {}

/// The size of a terminal in characters.
package struct ScreenSize: Equatable {
  package let columns: Int
  package let rows: Int

  package init(columns: Int, rows: Int) {
    self.columns = columns
    self.rows = rows
  }
}

/// Why a wait ended.
package enum WaitOutcome {
  /// The time is reached.
  case elapsed
  /// The person at the terminal wants to quit.
  case ended
  /// The screen must be redrawn: its size has changed, or another program has written to it.
  case disturbed
}
