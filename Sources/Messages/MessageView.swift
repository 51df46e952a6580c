internal import CProtobufC
internal import Glibc

/// A decoded message, read in place: its strings, bytes and messages are borrowed from the arena
/// into which it was decoded.
public protocol MessageView: EncodableMessage, ~Escapable {
  /// The address of the message's `ProtobufCMessageDescriptor`.
  @unsafe static var descriptor: UnsafeRawPointer { get }

  /// Wraps the protobuf-c struct at `unsafeMessage`, which must be of this message's type.
  @unsafe @_lifetime(immortal) init(unsafeMessage: UnsafeRawPointer)
}

extension MessageView where Self: ~Escapable {
  /// Decodes an encoded message into `arena`.
  ///
  /// The bytes are checked first for everything that protobuf-c would accept wrongly or fail on;
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

// Functions with which generated views read members.
//
// SAFETY: a member points into the memory that the view borrows, or is NULL.
extension MessageView where Self: ~Escapable {
  @unsafe @_lifetime(copy self) @inline(__always)
  func unsafeString(_ member: UnsafePointer<CChar>?) -> Span<UInt8> {
    unsafe _overrideLifetime(stringBytes(member), copying: self)
  }

  @unsafe @_lifetime(copy self) @inline(__always)
  func unsafeBytes(_ member: ProtobufCBinaryData) -> Span<UInt8> {
    unsafe _overrideLifetime(dataBytes(member), copying: self)
  }

  @unsafe @_lifetime(copy self) @inline(__always)
  func unsafeView<View: MessageView & ~Escapable, Struct>(
    _ member: UnsafeMutablePointer<Struct>?
  ) -> View? {
    guard let member = unsafe member else { return nil }
    return unsafe _overrideLifetime(
      View(unsafeMessage: UnsafeRawPointer(member)), copying: self)
  }

  /// An element of a repeated field of messages, which is never missing.
  @unsafe @_lifetime(copy self) @inline(__always)
  func unsafeElement<View: MessageView & ~Escapable, Struct>(
    _ member: UnsafeMutablePointer<Struct>?
  ) -> View {
    guard let member = unsafe member else { preconditionFailure("an element is missing") }
    return unsafe _overrideLifetime(
      View(unsafeMessage: UnsafeRawPointer(member)), copying: self)
  }
}

/// The element at `index` of the `count` elements of a repeated field.
@unsafe @inline(__always)
func element<Element>(
  _ index: Int, of array: UnsafeMutablePointer<Element>?, count: Int
) -> Element {
  guard let array = unsafe array, index >= 0, index < count else {
    preconditionFailure("no such element")
  }
  return unsafe array[index]
}

/// Finds the descriptor of the message whose structs protobuf-c starts with `initialize`.
@unsafe
func messageDescriptor<Struct>(
  _ initialize: (UnsafeMutablePointer<Struct>?) -> Void
) -> UnsafeRawPointer {
  let message = UnsafeMutablePointer<Struct>.allocate(capacity: 1)
  defer { unsafe message.deallocate() }
  unsafe initialize(message)
  // SAFETY: every struct of a message begins with its base.
  let base = unsafe UnsafeRawPointer(message).assumingMemoryBound(to: ProtobufCMessage.self)
  return unsafe UnsafeRawPointer(base.pointee.descriptor)
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

/// An enumeration of the contract. It may hold numbers without a name, which a later version has
/// sent.
public protocol MessageEnum: RawRepresentable, Hashable, Sendable where RawValue == Int32 {
  /// The number on the wire; a number without a name is kept as it is.
  var rawValue: Int32 { get }

  /// Wraps a number of the wire.
  init(rawValue: Int32)

  /// The name in the contract; `nil` for a number that has none.
  var name: String? { get }
}

extension MessageEnum {
  /// As protobuf-c holds it.
  @inline(__always)
  init(number: UInt32) { self.init(rawValue: Int32(bitPattern: number)) }

  /// As protobuf-c holds it.
  @inline(__always)
  var number: UInt32 { UInt32(bitPattern: rawValue) }
}
