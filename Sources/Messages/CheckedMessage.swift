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

/// A decoded message together with the memory that it lies in, for what outlives a call's turn.
@safe
package struct KeptMessage<View: MessageView & ~Escapable>: ~Copyable {
  private let arena: Arena
  // SAFETY: lies in `arena`, which is this value's own and is never reset.
  private let message: UnsafeRawPointer

  /// Decodes a message that has been decoded before, within the same limits.
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
