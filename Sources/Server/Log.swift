package import Platform

/// Writes log lines to standard error: one event a line.
///
/// No secret goes into a line: values are paths, numbers, and sentences of the daemon. It logs at
/// most 50 lines a second for each event and counts the others. No call waits for the stream, except
/// the last ones of the process; see `LineWriter`.
package struct Log: Sendable {
  /// The bytes of lines that may wait for the stream.
  private static let maximumWaitingBytes = 256 << 10
  /// How long the end of the process waits for a stream that takes nothing.
  private static let patienceNanoseconds: Int64 = 1_000_000_000

  private let level: LogLevel
  private let format: LogFormat
  private let rateLimiter = LogRateLimiter()
  private let lines: LineWriter

  package init(level: LogLevel, format: LogFormat) throws(Errno) {
    self.level = level
    self.format = format
    lines = try LineWriter(maximumBytes: Self.maximumWaitingBytes) { lost in
      Self.line(
        .warning, "log lines were lost: standard error took none", [("count", "\(lost)")],
        format: format, wallNanoseconds: Clock.wallNanoseconds())
    }
  }

  /// Starts the thread that writes; until then lines wait. To be called once signals are blocked.
  package func start() throws(Errno) { try lines.start() }

  /// Something is broken and needs a person.
  package func error(_ event: String, _ fields: [(String, String)] = []) {
    write(.error, event, fields)
  }

  /// Something was refused or lost.
  package func warning(_ event: String, _ fields: [(String, String)] = []) {
    write(.warning, event, fields)
  }

  /// A start, a stop or a change of state.
  package func info(_ event: String, _ fields: [(String, String)] = []) {
    write(.info, event, fields)
  }

  /// A single connection.
  package func debug(_ event: String, _ fields: [(String, String)] = []) {
    write(.debug, event, fields)
  }

  /// Writes an event, if its level is asked for.
  package func write(_ level: LogLevel, _ event: String, _ fields: [(String, String)] = []) {
    guard level.rawValue <= self.level.rawValue else { return }
    let now = Clock.wallNanoseconds()
    guard let suppressed = rateLimiter.admit(event, second: now / 1_000_000_000) else { return }
    let more = suppressed > 0 ? [("suppressed", "\(suppressed)")] : []
    lines.write(
      Self.line(level, event, fields + more, format: format, wallNanoseconds: now))
  }

  /// Writes an event that ends the process at once, as a crash does: half a daemon would be worse.
  package func fail(_ event: String, _ fields: [(String, String)] = []) -> Never {
    error(event, fields)
    finish()
    ProcessControl.abort()
  }

  /// Waits for the stream to take what is written, a second at most.
  package func finish() { lines.finish(withinNanoseconds: Self.patienceNanoseconds) }

  /// The lines that standard error did not take.
  package var lostLines: UInt64 { lines.lostLines }

  private static func line(
    _ level: LogLevel, _ event: String, _ fields: [(String, String)], format: LogFormat,
    wallNanoseconds: Int64
  ) -> [UInt8] {
    let pairs =
      [("time", timestamp(wallNanoseconds)), ("level", level.name), ("event", event)] + fields
    return Array((format.line(pairs) + "\n").utf8)
  }

  /// RFC 3339 in UTC, to the microsecond.
  static func timestamp(_ nanoseconds: Int64) -> String {
    let seconds = nanoseconds / 1_000_000_000
    let (days, inDay) = (seconds / 86400, seconds % 86400)
    let date = civil(days)
    func padded(_ value: Int64, _ width: Int) -> String {
      let text = String(value)
      return String(repeating: "0", count: max(0, width - text.count)) + text
    }
    return "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2))T"
      + "\(padded(inDay / 3600, 2)):\(padded(inDay / 60 % 60, 2)):\(padded(inDay % 60, 2))."
      + "\(padded(nanoseconds / 1000 % 1_000_000, 6))Z"
  }

  /// The Gregorian date of a number of days since 1970, in eras of 400 years that begin in March.
  private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (
      yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month,
      dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    )
  }
}
