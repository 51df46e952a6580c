internal import CProtobufC

/// A copy of an encoded message that may be decoded. Another thread has already made the checking
/// pass, whose cost grows with the bytes; the thread that decodes only unpacks.
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

/// A decoded message and its memory, for uses that outlive the call's turn.
@safe
package struct KeptMessage<View: MessageView & ~Escapable>: ~Copyable {
  private let arena: Arena
  // SAFETY: lies in `arena`, which this value owns and never resets.
  private let message: UnsafeRawPointer

  /// Decodes a message that was decoded before within the same limits.
  package init(decoding bytes: Span<UInt8>, _ limits: DecodeLimits) throws(DecodingError) {
    let arena = Arena(initialBytes: 4 << 10, limits: limits)
    unsafe message = try unsafe Self.decode(bytes, arena)
    self.arena = arena
  }

  @unsafe private static func decode(
    _ bytes: Span<UInt8>, _ arena: borrowing Arena
  ) throws(DecodingError) -> UnsafeRawPointer {
    try unsafe View(decoding: bytes, in: arena).unsafeMessage
  }

  /// The message.
  package var view: View {
    @_lifetime(borrow self)
    borrowing get {
      let view = unsafe View(unsafeMessage: message)
      return unsafe _overrideLifetime(view, borrowing: self)
    }
  }
}
