internal import Platform
package import RPC

extension UpgradeMessage {
  /// Takes the first message off what has been received.
  ///
  /// - Parameters:
  ///   - bytes: loses the message.
  ///   - maximumBodyBytes: the most bytes of a body that are waited for.
  /// - Returns: the message, or nil while it is not complete.
  /// - Throws: `ProtocolViolation` for bytes that `encoded` can't have made.
  package static func take(
    from bytes: inout [UInt8], maximumBodyBytes: Int = maximumBodyBytes
  ) throws(ProtocolViolation) -> UpgradeMessage? {
    // Garbage is known by its first byte: nothing is waited for.
    guard bytes.starts(with: magic.prefix(bytes.count)) else {
      throw ProtocolViolation("no message of an upgrade")
    }
    guard bytes.count >= headerByteCount else { return nil }
    var header = Reader(bytes[magic.count..<headerByteCount])
    let version: UInt16 = try header.integer()
    let kind: UInt16 = try header.integer()
    let bodyBytes: UInt32 = try header.integer()
    // The reason of a refusal is for people, and has to be understood by every version.
    guard version == Self.version || kind == 5 else {
      throw ProtocolViolation(
        "a message of version \(version), and this daemon speaks version \(Self.version)")
    }
    guard bodyBytes <= UInt32(clamping: maximumBodyBytes) else {
      throw ProtocolViolation("a message of \(bodyBytes) bytes")
    }
    let end = headerByteCount + Int(bodyBytes)
    guard bytes.count >= end else { return nil }
    var body = Reader(bytes[headerByteCount..<end])
    let message = try decode(kind, &body)
    guard body.isAtEnd else { throw ProtocolViolation("a message with bytes too many") }
    bytes.removeFirst(end)
    return message
  }

  private static func decode(
    _ kind: UInt16, _ body: inout Reader
  ) throws(ProtocolViolation) -> UpgradeMessage {
    switch kind {
    case 1: return .request
    case 2:
      let drain: UInt64 = try body.integer()
      guard let drainNanoseconds = Int64(exactly: drain) else {
        throw ProtocolViolation("a time that is none")
      }
      let count: UInt16 = try body.integer()
      guard (1...FileDescriptor.maximumPassedDescriptors).contains(Int(count)) else {
        throw ProtocolViolation("\(count) listeners")
      }
      var listeners: [HandedListener] = []
      for _ in 0..<count { listeners.append(try body.listener()) }
      return .listeners(listeners, drainNanoseconds: drainNanoseconds)
    case 3: return .go
    case 4: return .going
    case 5: return .refusal(try body.text())
    default: throw ProtocolViolation("a message of the unknown kind \(kind)")
    }
  }
}

/// Reads a body from its start to its end.
private struct Reader {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func integer<Integer: FixedWidthInteger>() throws(ProtocolViolation) -> Integer {
    try bytes(Integer.bitWidth / 8).reduce(0) { $0 << 8 | Integer(truncatingIfNeeded: $1) }
  }

  mutating func text() throws(ProtocolViolation) -> String {
    let count: UInt16 = try integer()
    guard let text = String(validating: try bytes(Int(count)), as: UTF8.self) else {
      throw ProtocolViolation("text that is not UTF-8")
    }
    return text
  }

  mutating func listener() throws(ProtocolViolation) -> HandedListener {
    let path = try text()
    guard !path.isEmpty, path.utf8.count <= UnixSocketPath.maximumByteCount else {
      throw ProtocolViolation("a path that is none")
    }
    let flags: UInt8 = try integer()
    guard flags <= 3 else { throw ProtocolViolation("an unknown flag of a listener") }
    var listener = HandedListener(path: path, inheritedName: nil, identity: nil)
    if flags & 1 != 0 { listener.inheritedName = try text() }
    if flags & 2 != 0 {
      listener.identity = FileStatus.Identity(device: try integer(), inode: try integer())
    }
    return listener
  }

  private mutating func bytes(_ count: Int) throws(ProtocolViolation) -> ArraySlice<UInt8> {
    guard rest.count >= count else { throw ProtocolViolation("a message that is too short") }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }
}
