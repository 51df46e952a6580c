internal import Fleet

/// A statement with its parameters. It is never prepared under a name, sets nothing beyond its own
/// transaction and names the schema: a pooler may give each one another session.
struct Statement {
  let text: String
  let parameters: [Parameter]
  /// Whether the text is several statements, which are one transaction and have no parameters.
  let isScript: Bool
  /// Whether it changes something, so that a warning leaves open whether that is durable.
  let isWriting: Bool

  init(_ text: String, _ parameters: [Parameter], isWriting: Bool) {
    self.text = text
    self.parameters = parameters
    self.isWriting = isWriting
    isScript = false
  }

  /// A script, which changes something.
  init(script: String) {
    text = script
    parameters = []
    isWriting = true
    isScript = true
  }
}

/// A value of a statement, in the server's binary form.
enum Parameter {
  case boolean(Bool)
  case bytes([UInt8])
  case integer(UInt64)
  case small(UInt32)
  case text(String)
  case uuid(InstanceID)
  case uuids([InstanceID])

  /// The number of the type in PostgreSQL's catalog.
  var type: UInt32 {
    switch self {
    case .boolean: 16
    case .bytes: 17
    case .integer: 20
    case .small: 23
    case .text: 25
    case .uuid: 2950
    case .uuids: 2951
    }
  }

  /// The same in the text of a script; for what a row of the log consists of.
  var literal: String {
    switch self {
    case .boolean(let value): "\(value)"
    case .bytes(let value):
      "'\\x\(value.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined())'"
        + "::bytea"
    case .integer(let value): "\(value)"
    case .small, .text, .uuid, .uuids: preconditionFailure("not a value of a row")
    }
  }

  /// Appends the value.
  func append(to bytes: inout [UInt8]) {
    switch self {
    case .boolean(let value): bytes.append(value ? 1 : 0)
    case .bytes(let value): bytes += value
    case .integer(let value): Self.append(value, to: &bytes)
    case .small(let value): Self.append(value, to: &bytes)
    case .text(let value): bytes += value.utf8
    case .uuid(let value):
      Self.append(value.high, to: &bytes)
      Self.append(value.low, to: &bytes)
    case .uuids(let values):
      // Dimensions (none for an empty array), no NULLs, the type; then length and first index.
      for word in [values.isEmpty ? 0 : 1, 0, UInt32(2950)] { Self.append(word, to: &bytes) }
      if values.isEmpty { return }
      for word in [UInt32(values.count), 1] { Self.append(word, to: &bytes) }
      for value in values {
        Self.append(UInt32(16), to: &bytes)
        Parameter.uuid(value).append(to: &bytes)
      }
    }
  }

  /// Most significant byte first. The numbers of a log never reach the sign's bit; an epoch may.
  private static func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
    for shift in stride(from: value.bitWidth - 8, through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }
}

extension LogPosition {
  var parameters: [Parameter] { [.integer(revision), .bytes(hash.bytes)] }
}
