internal import Messages

/// The field of a request that an operand or an option fills, and how its text is read.
enum Binding: Sendable {
  /// Text as it is given.
  case text(String)
  /// A field of this value, whatever is given.
  case flag(String, FieldValue)
  /// A number from 1 on.
  case number(String)
  /// A length of time.
  case duration(String)
  /// A time that is so far ahead of now, or behind it.
  case ahead(String)
  case ago(String)
  /// A point in time.
  case time(String)
  /// One of the option's choices, or several with commas between them. `noun` says what they are.
  case word(String, noun: String)
  case words(String, noun: String)
  /// Kinds of events.
  case eventKinds(String)
  /// Any words with commas between them.
  case names(String)
  /// `TYPE/ID`, for two fields whose paths begin so.
  case resource(String = "resource_")
  /// `TYPE`, or `TYPE/ID`.
  case typeOrResource(String = "resource_")

  /// Reads what is given under `name`.
  func fill(
    _ fields: inout FieldValues, with given: [String], of name: String, choices: [String] = [],
    in invocation: Invocation
  ) throws(Failure) {
    let text = given.first ?? ""
    switch self {
    case .text(let path): fields[path] = .text(text)
    case .flag(let path, let value): fields[path] = value
    case .number(let path): fields[path] = .unsigned(try Self.number(text, of: name))
    case .duration(let path):
      fields[path] = .duration(seconds: try Self.seconds(text, of: name))
    case .ahead(let path):
      let seconds = try Self.seconds(text, of: name)
      fields[path] = .time(seconds: invocation.context.nowSeconds + seconds, nanoseconds: 0)
    case .ago(let path):
      let seconds = try Self.seconds(text, of: name)
      fields[path] = .time(seconds: invocation.context.nowSeconds - seconds, nanoseconds: 0)
    case .time(let path):
      let time = try Self.time(text, of: name, nowSeconds: invocation.context.nowSeconds)
      fields[path] = .time(seconds: time.seconds, nanoseconds: time.nanoseconds)
    case .word(let path, let noun):
      fields[path] = .word(try Self.choice(text[...], of: choices, noun: noun))
    case .words(let path, let noun):
      var words: [FieldValue] = []
      for word in given.flatMap(Self.parts) {
        let found = FieldValue.word(try Self.choice(word, of: choices, noun: noun))
        if !words.contains(found) { words.append(found) }
      }
      fields[path] = .list(words)
    case .eventKinds(let path):
      fields[path] = .list(try EventKindText.words(given).map { .word($0) })
    case .names(let path):
      fields[path] = .list(text.split(separator: ",").map { .text(String($0)) })
    case .resource(let prefix):
      let resource = try ResourceName(text)
      fields[prefix + "type"] = .text(resource.type)
      fields[prefix + "id"] = .text(resource.id)
    case .typeOrResource(let prefix):
      let parts = text.split(separator: "/", maxSplits: 1).map(String.init)
      if let type = parts.first { fields[prefix + "type"] = .text(type) }
      if parts.count > 1 { fields[prefix + "id"] = .text(parts[1]) }
    }
  }

  private static func parts(_ text: String) -> [Substring] {
    text.split(separator: ",", omittingEmptySubsequences: false)
  }

  private static func choice(
    _ word: Substring, of choices: [String], noun: String
  ) throws(Failure) -> String {
    if let found = choices.first(where: { $0 == word }) { return found }
    let names = choices.map { "`\($0)`" }
    throw .misuse(
      "`\(word)` is not a \(noun): there are \(names.dropLast().joined(separator: ", "))"
        + " and \(names.last ?? "none")")
  }

  /// A length of time, in seconds.
  static func seconds(_ text: String, of name: String) throws(Failure) -> Int64 {
    guard let seconds = DurationText.seconds(text), seconds > 0 else {
      throw .misuse("`\(name) \(text)` is not a length of time: write 90s, 30m, 12h, 7d or 1d12h")
    }
    return seconds
  }

  /// A number that counts from 1.
  static func number(_ text: String, of name: String) throws(Failure) -> UInt64 {
    guard let number = UInt64(text), number > 0 else {
      throw .misuse("`\(name) \(text)` is not a number of at least 1")
    }
    return number
  }

  /// A point in time.
  static func time(
    _ text: String, of name: String, nowSeconds: Int64
  ) throws(Failure) -> TimeText {
    guard let time = TimeText(text, nowSeconds: nowSeconds) else {
      throw .misuse(
        "`\(name) \(text)` is not a time: write 2h for two hours ago, 2026-05-01,"
          + " or 2026-05-01T12:00:00Z")
    }
    return time
  }
}

/// A resource in its typed form: `TYPE/ID`.
struct ResourceName {
  let type: String
  let id: String

  static let operand = Operand(
    name: "TYPE/ID", summary: "The resource: its type and id, such as dashboard/latency.",
    fills: .resource())

  init(_ text: String) throws(Failure) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
      throw .misuse("`\(text)` is not a resource: write TYPE/ID, such as dashboard/latency")
    }
    type = String(parts[0])
    id = String(parts[1])
  }
}
