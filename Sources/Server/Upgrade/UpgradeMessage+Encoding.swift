internal import Platform

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
