package import Messages

extension Status {
  /// Appends this status as an encoded `google.rpc.Status`.
  package func encode(into buffer: inout ByteBuffer) {
    buffer.append(0x08)
    buffer.append(varint: UInt64(code.rawValue))
    if !message.isEmpty {
      buffer.append(0x12)
      buffer.append(varint: UInt64(message.utf8.count))
      buffer.append(message)
    }
  }
}
