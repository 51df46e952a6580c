internal import CProtobufC

/// The type of a message that is known only when it is used.
@safe package struct MessageType: Sendable {
  // SAFETY: descriptors are constants of the program.
  nonisolated(unsafe) private let descriptor: UnsafePointer<ProtobufCMessageDescriptor>

  package init<Message: MessageView & ~Escapable>(_ type: Message.Type) {
    unsafe descriptor = type.descriptor.assumingMemoryBound(to: ProtobufCMessageDescriptor.self)
  }

  /// Appends the encoded form of the message that `json` shows; see `MessageView.encode`. Nothing
  /// is appended on an error. More fields and elements at all levels than `maximumFields` are one.
  package func encode(
    json: Span<UInt8>, maximumFields: Int = .max, into buffer: inout ByteBuffer
  ) throws(JSONError) {
    var encoded = ByteBuffer()
    try unsafe JSONReader.read(json, descriptor, maximumFields: maximumFields, into: &encoded)
    buffer.append(encoded.bytes)
  }

  /// Appends the JSON of an encoded message, with fields in camel case, as proto3's JSON mapping
  /// has them; otherwise as `jsonText`.
  package func appendJSON(
    of encoded: Span<UInt8>, to buffer: inout ByteBuffer
  ) throws(DecodingError) {
    let arena = Arena(initialBytes: 8 << 10)
    try unsafe MessageCheck.check(encoded, against: descriptor, limits: arena.limits)
    // SAFETY: protobuf-c reads the bytes only inside the call and copies what it keeps.
    let message = unsafe encoded.withUnsafeBufferPointer { bytes in
      unsafe protobuf_c_message_unpack(descriptor, arena.allocator, bytes.count, bytes.baseAddress)
    }
    guard let message = unsafe message else {
      throw DecodingError("the message takes more memory than it may")
    }
    var json = JSONText(.json)
    unsafe json.append(message: message)
    buffer.append(json.written.bytes)
  }
}
