package import Platform

/// The process around a command: its environment, files, clock and terminal. Tests replace it.
package protocol ProcessContext {
  /// A variable of the environment; nil if it is unset or empty.
  func variable(_ name: String) -> String?
  /// Whether a variable of the environment is set, even to an empty value.
  func isSet(_ name: String) -> Bool
  /// Whether the process runs as root.
  var isRoot: Bool { get }
  /// Seconds since 1970-01-01T00:00:00Z.
  var nowSeconds: Int64 { get }
  /// The folder that relative paths start from; nil if it is gone.
  var currentFolder: String? { get }
  /// Whether standard error is a terminal, where a person can watch progress.
  var isErrorTerminal: Bool { get }
  /// Whether a file of any kind exists at `path`.
  func exists(_ path: String) -> Bool
  /// The user and group that may use the socket at `path`, if this process may not; nil if it may,
  /// or if they can't be found out.
  func socketOwner(_ path: String) -> SocketOwner?
  /// Asks a person a question. Any answer but yes means no; nil if there is no terminal.
  func confirm(_ question: String) -> Bool?
  /// Makes Ctrl-C end the process with success from now on, for a command that ends this way.
  func endOnInterrupt()
  /// Reads a secret from standard input, with `prompt` if that is a terminal; nil if the input is
  /// empty.
  func readSecret(prompt: String) throws(Failure) -> Secret?
  /// Opens the file at `path` for reading, or standard input for `-`.
  func open(_ path: String) throws(Failure) -> any Input
  /// Reads a file; throws if it has more than `limit` bytes.
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
  /// Nanoseconds on the monotonic clock, which is never set.
  var monotonicNanoseconds: Int64 { get }
  /// The size of the terminal on standard output; nil if there is none that can show pictures.
  var screenSize: ScreenSize? { get }
  /// Takes over the whole screen of the terminal for pictures, and its keys.
  func takeScreen()
  /// Restores the previous content of the screen.
  func leaveScreen()
  /// Runs `body` in a child process, so that a crash does not end this one.
  func runApart(_ body: () -> ExitCode) throws(Failure) -> ApartEnding
  /// Waits until a time of the monotonic clock or, once the screen is taken, for a person's key.
  func wait(untilNanoseconds deadline: Int64) -> WaitOutcome
}

/// How the child process of `runApart` ended.
package enum ApartEnding {
  case ended(ExitCode)
  case died(signal: Int32)
}
