internal import CProtobufC

/// A copy of an encoded message that may be decoded: another thread has made the pass that grows
/// with the bytes, and the thread that decodes only unpacks.
@safe
public struct CheckedMessage: Sendable {
  /// The encoded message.
  public let bytes: WipedBytes
  // SAFETY: descriptors are constants of the program.
  nonisolated(unsafe) let descriptor: UnsafeRawPointer

  /// Checks `bytes` as an encoded message of a type; see `MessageCheck`.
  public init<Message: MessageView & ~Escapable>(
    checking bytes: Span<UInt8>, as type: Message.Type, _ limits: DecodeLimits
  ) throws(DecodingError) {
    unsafe descriptor = Message.descriptor
    try unsafe MessageCheck.check(
      bytes, against: descriptor.assumingMemoryBound(to: ProtobufCMessageDescriptor.self),
      limits: limits)
    self.bytes = WipedBytes(copying: bytes)
  }
}
