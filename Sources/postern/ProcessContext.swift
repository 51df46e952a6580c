package import Platform

/// The process around a command: its environment, files, clock and terminal. Tests replace it.
package protocol ProcessContext {
  /// A variable of the environment; nil if it is unset or empty.
  func variable(_ name: String) -> String?
  /// Whether a variable of the environment is set, be it to nothing.
  func isSet(_ name: String) -> Bool
  /// Whether the process runs as root.
  var isRoot: Bool { get }
  /// Seconds since 1970-01-01T00:00:00Z.
  var nowSeconds: Int64 { get }
  /// The folder that relative paths begin from; nil if it is gone.
  var currentFolder: String? { get }
  /// Whether standard error is a terminal, where a person can watch progress.
  var isErrorTerminal: Bool { get }
  /// Whether there is something at `path`.
  func exists(_ path: String) -> Bool
  /// Who may use the socket at `path`, if this process may not; nil if it may, or if that can't be
  /// told.
  func socketOwner(_ path: String) -> SocketOwner?
  /// Asks a person a question, to which anything but yes means no; nil if none sits there.
  func confirm(_ question: String) -> Bool?
  /// Lets Ctrl-C end the process as a success from now on, since it is how the command ends.
  func endOnInterrupt()
  /// Reads a secret from standard input, asking with `prompt` if a person sits there; nil if there
  /// is none.
  func readSecret(prompt: String) throws(Failure) -> Secret?
  /// Opens the file at `path` for reading, or with `-` standard input.
  func open(_ path: String) throws(Failure) -> any Input
  /// Reads a file; one of more than `limit` bytes is trouble.
  func readFile(_ path: String, maximumBytes limit: Int) throws(Failure) -> [UInt8]
  /// Whether standard input is a terminal.
  var isInputTerminal: Bool { get }
  /// Reads bytes of standard input into the start of `room`; 0 at its end.
  func readInput(into room: inout MutableSpan<UInt8>) throws(Errno) -> Int
  /// Whether standard output is open for writing.
  var takesOutput: Bool { get }
  /// Writes to standard output.
  func write(_ text: String) throws(Failure)
  /// Writes to standard error.
  func writeError(_ text: String)
  /// Nanoseconds since some point in the past, by a clock that nobody sets.
  var monotonicNanoseconds: Int64 { get }
  /// The terminal that standard output is; nil if it is none that a picture can be drawn on.
  var screenSize: ScreenSize? { get }
  /// Takes the whole screen of the terminal for pictures, and its keys.
  func takeScreen()
  /// Brings back what was on the screen before.
  func leaveScreen()
  /// Runs `body` where this process does not die of it.
  func runApart(_ body: () -> ExitCode) throws(Failure) -> ApartEnding
  /// Waits until a time of the monotonic clock, or, once the screen is taken, for a person.
  func wait(untilNanoseconds deadline: Int64) -> WaitOutcome
}

/// How what ran apart from this process has ended.
package enum ApartEnding {
  case ended(ExitCode)
  case died(signal: Int32)
}
