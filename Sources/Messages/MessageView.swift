internal import CProtobufC
internal import Glibc

/// A decoded message, read in place: its strings, bytes and messages are borrowed from the arena
/// that it was decoded into.
public protocol MessageView: EncodableMessage, ~Escapable {
  /// The address of the message's `ProtobufCMessageDescriptor`.
  @unsafe static var descriptor: UnsafeRawPointer { get }

  /// Wraps the protobuf-c struct at `unsafeMessage`, which must be of this message's type.
  @unsafe @_lifetime(immortal) init(unsafeMessage: UnsafeRawPointer)
}

extension MessageView where Self: ~Escapable {
  /// Decodes an encoded message into `arena`.
  ///
  /// The bytes are checked first for everything that protobuf-c would let through or stumble over;
  /// see `MessageCheck`.
  @_lifetime(borrow arena)
  public init(decoding bytes: Span<UInt8>, in arena: borrowing Arena) throws(DecodingError) {
    let descriptor = unsafe Self.descriptor.assumingMemoryBound(to: ProtobufCMessageDescriptor.self)
    try unsafe MessageCheck.check(bytes, against: descriptor, limits: arena.limits)
    try self.init(unchecked: bytes, in: arena)
  }

  /// Unpacks a message, which must have been checked as one of this type, into `arena`.
  @_lifetime(borrow arena)
  public init(unpacking message: CheckedMessage, in arena: borrowing Arena) throws(DecodingError) {
    precondition(
      unsafe message.descriptor == Self.descriptor, "the message was checked as another type")
    try self.init(unchecked: message.bytes.span, in: arena)
  }

  @_lifetime(borrow arena)
  private init(unchecked bytes: Span<UInt8>, in arena: borrowing Arena) throws(DecodingError) {
    let descriptor = unsafe Self.descriptor.assumingMemoryBound(to: ProtobufCMessageDescriptor.self)
    // SAFETY: protobuf-c reads the bytes only inside the call and copies what it keeps.
    let message = unsafe bytes.withUnsafeBufferPointer { buffer in
      unsafe protobuf_c_message_unpack(
        descriptor, arena.allocator, buffer.count, buffer.baseAddress)
    }
    guard let message = unsafe message else {
      throw DecodingError("the message takes more memory than a request may")
    }
    let view = unsafe Self(unsafeMessage: UnsafeRawPointer(message))
    self = unsafe _overrideLifetime(view, borrowing: arena)
  }
}

/// The bytes of a string of protobuf-c, without its NUL.
@unsafe @_lifetime(immortal)
func stringBytes(_ string: UnsafePointer<CChar>?) -> Span<UInt8> {
  guard let string = unsafe string else { return unsafe _overrideLifetime(Span(), copying: ()) }
  let start = unsafe UnsafeRawPointer(string).assumingMemoryBound(to: UInt8.self)
  let buffer = unsafe UnsafeBufferPointer(start: start, count: strlen(string))
  return unsafe _overrideLifetime(Span(_unsafeElements: buffer), copying: ())
}

/// The bytes of a `bytes` field.
@unsafe @_lifetime(immortal)
func dataBytes(_ data: ProtobufCBinaryData) -> Span<UInt8> {
  let buffer = unsafe UnsafeBufferPointer(start: data.data, count: data.len)
  return unsafe _overrideLifetime(Span(_unsafeElements: buffer), copying: ())
}
