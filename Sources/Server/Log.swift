internal import Messages
package import Platform

/// Writes log lines to standard error: one event a line.
///
/// No secret goes into a line: values are paths, numbers, and sentences of the daemon. It logs at
/// most 50 lines a second for each event and counts the others. No call waits for the stream,
/// except the last ones of the process; see `LineWriter`.
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
        .warning, "log lines were lost: standard error did not accept them",
        fields: [("count", "\(lost)")],
        format: format, wallNanoseconds: Clock.wallNanoseconds())
    }
  }

  /// Starts the thread that writes; until then lines wait. To be called once signals are blocked.
  package func start() throws(Errno) { try lines.start() }

  /// Something is broken and needs a person.
  package func error(_ event: String, _ fields: [(String, String)] = []) {
    write(.error, event, fields: fields)
  }

  /// Something was refused or lost.
  package func warning(_ event: String, _ fields: [(String, String)] = []) {
    write(.warning, event, fields: fields)
  }

  /// A start, a stop or a change of state.
  package func info(_ event: String, _ fields: [(String, String)] = []) {
    write(.info, event, fields: fields)
  }

  /// A single connection.
  package func debug(_ event: String, _ fields: [(String, String)] = []) {
    write(.debug, event, fields: fields)
  }

  /// Writes an event, if its level is asked for.
  private func write(_ level: LogLevel, _ event: String, fields: [(String, String)]) {
    guard level.rawValue <= self.level.rawValue else { return }
    let now = Clock.wallNanoseconds()
    guard let suppressed = rateLimiter.admit(event, second: now / 1_000_000_000) else { return }
    let more = suppressed > 0 ? [("suppressed", "\(suppressed)")] : []
    lines.write(
      Self.line(level, event, fields: fields + more, format: format, wallNanoseconds: now))
  }

  /// Writes an event that ends the process at once, as a crash does: half a daemon would be worse.
  package func fail(_ event: String, _ fields: [(String, String)] = []) -> Never {
    error(event, fields)
    finish()
    ProcessControl.abort()
  }

  /// Waits until the stream has taken the lines, a second at most.
  package func finish() { lines.finish(withinNanoseconds: Self.patienceNanoseconds) }

  /// The number of lines that standard error did not take.
  package var lostLines: UInt64 { lines.lostLines }

  private static func line(
    _ level: LogLevel, _ event: String, fields: [(String, String)], format: LogFormat,
    wallNanoseconds: Int64
  ) -> [UInt8] {
    let pairs =
      [("time", timestamp(wallNanoseconds)), ("level", level.name), ("event", event)] + fields
    return Array((format.line(pairs) + "\n").utf8)
  }

  /// RFC 3339 in UTC, to the microsecond.
  static func timestamp(_ nanoseconds: Int64) -> String {
    let micros = String(nanoseconds / 1000 % 1_000_000)
    let time = JSONTime(seconds: nanoseconds / 1_000_000_000)
    return "\(time.date)T\(time.timeOfDay)."
      + String(repeating: "0", count: 6 - micros.utf8.count) + micros + "Z"
  }
}

/// Lets a line of the log that stays true be repeated once a minute.
struct Reminder {
  /// When it was logged, by the monotonic clock; nil for never.
  private var lastNanoseconds: Int64?

  private static let periodNanoseconds: Int64 = 60_000_000_000

  var isDue: Bool {
    lastNanoseconds.map { Clock.monotonicNanoseconds() - $0 >= Self.periodNanoseconds } ?? true
  }

  /// Notes that it is logged now.
  mutating func note() { lastNanoseconds = Clock.monotonicNanoseconds() }
}

/// How a log line is written.
package enum LogFormat: String, Sendable, CaseIterable {
  /// `key=value` pairs, quoted where a value is not one word.
  case text
  /// One JSON object, every value a string.
  case json

  /// One line of these pairs, without its end.
  package func line(_ pairs: [(String, String)]) -> String {
    switch self {
    case .text:
      pairs.map { key, value in "\(key)=\(Self.isWord(value) ? value : JSONText.quoted(value))" }
        .joined(separator: " ")
    case .json:
      "{"
        + pairs.map { key, value in "\"\(key)\":\(JSONText.quoted(value))" }.joined(separator: ",")
        + "}"
    }
  }

  private static func isWord(_ value: String) -> Bool {
    !value.isEmpty
      && value.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != 0x22 && $0 != 0x3d }
  }
}

/// How much the daemon logs.
package enum LogLevel: Int, Sendable, CaseIterable {
  /// Something is broken and needs a person.
  case error
  /// Something was refused or lost that a person may want to know of.
  case warning
  /// Starts, stops and changes of state.
  case info
  /// Each connection.
  case debug

  package var name: String { "\(self)" }

  package init?(name: String) {
    guard let level = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = level
  }
}

/// Admits at most 50 lines a second of each event, so that a flood of peers is no flood of lines.
package final class LogRateLimiter: Sendable {
  /// The most lines of one event in a second.
  package static let linesPerSecond = 50

  private struct Passed {
    var second: Int64
    var count = 0
    var suppressed = 0
  }

  /// The lines that have passed, by event. Events are the daemon's own words, so their number is
  /// bounded.
  private let passed = Guarded<[String: Passed]>([:])

  package init() {}

  /// How many lines of the event were held back since its last one, or nil to hold this one back.
  package func admit(_ event: String, second: Int64) -> Int? {
    passed.withLock { passed in
      var entry = passed[event] ?? Passed(second: second)
      defer { passed[event] = entry }
      if entry.second != second {
        entry.second = second
        entry.count = 0
      }
      guard entry.count < Self.linesPerSecond else {
        entry.suppressed += 1
        return nil
      }
      entry.count += 1
      defer { entry.suppressed = 0 }
      return entry.suppressed
    }
  }
}
