internal import CProtobufC

/// A message that protobuf-c can encode: a decoded one or one that is being built.
public protocol EncodableMessage: ~Escapable {
  /// The address of the protobuf-c struct.
  @unsafe var unsafeMessage: UnsafeRawPointer { get }
}

extension EncodableMessage where Self: ~Escapable {
  /// The number of bytes of the encoded message.
  public var encodedByteCount: Int {
    unsafe protobuf_c_message_get_packed_size(
      unsafeMessage.assumingMemoryBound(to: ProtobufCMessage.self))
  }

  /// Appends the encoded message.
  public func encode(into buffer: inout ByteBuffer) {
    let message = unsafe unsafeMessage.assumingMemoryBound(to: ProtobufCMessage.self)
    let size = unsafe protobuf_c_message_get_packed_size(message)
    guard size > 0 else { return }
    // SAFETY: the buffer has room for `size` bytes, which is what packing writes.
    unsafe buffer.append(maximum: size) { room, written in
      guard let start = room.baseAddress else { return }
      written = unsafe protobuf_c_message_pack(
        message, start.assumingMemoryBound(to: UInt8.self))
    }
  }
}
