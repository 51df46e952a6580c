// How a running daemon hands its sockets to the one that takes its place, over the control socket
// in the data folder that both of them serve:
//
//     new                                      old
//      | request -----------------------------> |  serves on
//      | <--------- listeners, with descriptors |
//      |  checks them                           |  serves on, also if the connection ends
//      | go ----------------------------------> |
//      | <------------------------------- going |  accepts no more, answers what it has, ends
//      | <--------------- end of the connection |
//      |  takes the locks, opens the ledger, serves
//
// A connection that waits for `accept` waits in the kernel, whichever process has the socket. So no
// connection is refused meanwhile, and the ledger has one owner at any time: the holder of the data
// lock.

package import Platform
package import RPC

/// One message between the two daemons of an upgrade.
///
/// On the wire: `pstn`, the version and the kind in two bytes each, the length of the body in four,
/// and the body; numbers are big-endian.
package enum UpgradeMessage: Equatable, Sendable {
  /// New to old: give me what you listen at.
  case request
  /// Old to new: this is what I listen at, in the order of the descriptors that come along. My
  /// calls in flight may take so long.
  case listeners([HandedListener], drainNanoseconds: Int64)
  /// New to old: end.
  case go
  /// Old to new: I have stopped to accept, and end.
  case going
  /// Old to new: no, and why. The connection ends.
  case refusal(String)

  /// The version of the messages. What is before the body is the same in every version.
  package static let version: UInt16 = 1
  /// The bytes before a body.
  package static let headerByteCount = 12
  /// The most bytes of a body: enough for as many listeners as one message carries descriptors.
  package static let maximumBodyBytes = 128 << 10

  static let magic = Array("pstn".utf8)

  /// The number on the wire.
  var kind: UInt16 {
    switch self {
    case .request: 1
    case .listeners: 2
    case .go: 3
    case .going: 4
    case .refusal: 5
    }
  }
}

/// A listening socket, as a message describes it.
package struct HandedListener: Equatable, Sendable {
  /// The path that it is bound to.
  package var path: String
  /// What the service manager that made it calls it; nil where a daemon made it.
  package var inheritedName: String?
  /// What the path led to when the daemon made it; nil where the path is not to be removed.
  package var identity: FileStatus.Identity?

  package init(path: String, inheritedName: String?, identity: FileStatus.Identity?) {
    self.path = path
    self.inheritedName = inheritedName
    self.identity = identity
  }
}

extension UpgradeMessage {
  /// The bytes on the wire.
  package func encoded() -> [UInt8] {
    var body: [UInt8] = []
    switch self {
    case .request, .go, .going: break
    case .listeners(let listeners, let drainNanoseconds):
      body.append(integer: UInt64(max(0, drainNanoseconds)))
      body.append(integer: UInt16(listeners.count))
      for listener in listeners {
        body.append(text: listener.path)
        let isInherited: UInt8 = listener.inheritedName == nil ? 0 : 1
        let hasIdentity: UInt8 = listener.identity == nil ? 0 : 2
        body.append(isInherited | hasIdentity)
        if let name = listener.inheritedName { body.append(text: name) }
        if let identity = listener.identity {
          body.append(integer: identity.device)
          body.append(integer: identity.inode)
        }
      }
    case .refusal(let reason): body.append(text: reason)
    }
    var bytes = Self.magic
    bytes.append(integer: Self.version)
    bytes.append(integer: kind)
    bytes.append(integer: UInt32(body.count))
    return bytes + body
  }
}

extension [UInt8] {
  fileprivate mutating func append<Integer: FixedWidthInteger>(integer: Integer) {
    for shift in stride(from: Integer.bitWidth - 8, through: 0, by: -8) {
      append(UInt8(truncatingIfNeeded: integer >> shift))
    }
  }

  fileprivate mutating func append(text: String) {
    append(integer: UInt16(clamping: text.utf8.count))
    append(contentsOf: text.utf8.prefix(Int(UInt16.max)))
  }
}

extension UpgradeMessage {
  /// Takes the first message off what has been received.
  ///
  /// - Parameters:
  ///   - bytes: the message is removed from them.
  ///   - maximumBodyBytes: the most bytes of a body that are waited for.
  /// - Returns: the message, or nil while it is not complete.
  /// - Throws: `ProtocolViolation` for bytes that `encoded` can't have made.
  package static func take(
    from bytes: inout [UInt8], maximumBodyBytes: Int = maximumBodyBytes
  ) throws(ProtocolViolation) -> UpgradeMessage? {
    // Wrong bytes are refused at the first one, without waiting for more.
    guard bytes.starts(with: magic.prefix(bytes.count)) else {
      throw ProtocolViolation("this is not a message of an upgrade")
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
    guard body.isAtEnd else { throw ProtocolViolation("the message has too many bytes") }
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
        throw ProtocolViolation("a time is invalid")
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
      throw ProtocolViolation("a path is invalid")
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
    guard rest.count >= count else { throw ProtocolViolation("the message is too short") }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }
}
