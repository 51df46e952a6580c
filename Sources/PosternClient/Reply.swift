public import Messages

/// An answer and the memory that it lives in: `message` borrows from the reply.
@safe
public struct Reply<Message: MessageView & ~Escapable>: ~Copyable {
  // SAFETY: the address is of a struct in the arena, which this value owns and never resets.
  private let arena: Arena
  private let address: UnsafeRawPointer

  init(decoding payload: Span<UInt8>) throws(DecodingError) {
    let arena = Arena(initialBytes: 4 << 10, limits: DecodeLimits(bytes: 256 << 20))
    unsafe address = unsafe try Reply.decode(payload, into: arena)
    self.arena = arena
  }

  @unsafe
  private static func decode(
    _ payload: Span<UInt8>, into arena: borrowing Arena
  ) throws(DecodingError) -> UnsafeRawPointer {
    unsafe try Message(decoding: payload, in: arena).unsafeMessage
  }

  /// The answer.
  public var message: Message {
    @_lifetime(borrow self)
    borrowing get {
      let message = unsafe Message(unsafeMessage: address)
      return unsafe _overrideLifetime(message, borrowing: self)
    }
  }
}
