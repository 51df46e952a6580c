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

extension EncodableMessage where Self: ~Escapable {
  /// Appends the encoded message without the fields of these names and without fields that its type
  /// does not know. Two messages that agree in all other fields give equal bytes.
  package func encode(without names: [String], into buffer: inout ByteBuffer) {
    // SAFETY: a message begins with its base, whose descriptor says how large the struct is. The
    // copy refers to the same data as the message and lives until the end of this function. Only
    // members of the copy are changed, to zero, which means an absent field.
    let message = unsafe unsafeMessage.assumingMemoryBound(to: ProtobufCMessage.self)
    guard let descriptor = unsafe message.pointee.descriptor else {
      preconditionFailure("a message without a descriptor")
    }
    let size = unsafe descriptor.pointee.sizeof_message
    let copy = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
    defer { unsafe copy.deallocate() }
    unsafe copy.copyMemory(from: unsafeMessage, byteCount: size)
    let selection = unsafe copy.assumingMemoryBound(to: ProtobufCMessage.self)
    unsafe selection.pointee.n_unknown_fields = 0
    for name in names {
      guard
        let field = unsafe protobuf_c_message_descriptor_get_field_by_name(descriptor, name)
      else { continue }
      unsafe precondition(field.pointee.label == PROTOBUF_C_LABEL_NONE, "not a plain field")
      let member = unsafe copy + Int(field.pointee.offset)
      switch unsafe field.pointee.type {
      case PROTOBUF_C_TYPE_STRING: unsafe member.storeBytes(of: 0, as: UInt.self)
      case PROTOBUF_C_TYPE_UINT64, PROTOBUF_C_TYPE_FIXED64:
        unsafe member.storeBytes(of: 0, as: UInt64.self)
      case PROTOBUF_C_TYPE_INT32, PROTOBUF_C_TYPE_ENUM:
        unsafe member.storeBytes(of: 0, as: Int32.self)
      default: preconditionFailure("no field of this type is left out anywhere")
      }
    }
    let length = unsafe protobuf_c_message_get_packed_size(selection)
    // SAFETY: the buffer has room for `length` bytes, which is what packing writes.
    unsafe buffer.append(maximum: length) { room, written in
      guard let start = room.baseAddress else { return }
      written = unsafe protobuf_c_message_pack(
        selection, start.assumingMemoryBound(to: UInt8.self))
    }
  }
}

/// A message that is being written into an arena. Copies of a builder write the same message. The
/// property of the view with the same name says what a setter sets.
public protocol MessageBuilder: EncodableMessage, ~Escapable {
  /// Starts an empty message in the arena with this handle.
  @unsafe @_lifetime(immortal) init(unsafeArena: ArenaPointer)

  /// Where the message is written.
  @unsafe var unsafePlace: MessagePlace { get }
}

/// A message in an arena, for its builder.
@unsafe
public struct MessagePlace {
  let arena: ArenaPointer
  let message: UnsafeMutableRawPointer

  /// An empty message, initialized by protobuf-c.
  @inline(__always)
  init<Struct>(_ arena: ArenaPointer, _ initialize: (UnsafeMutablePointer<Struct>?) -> Void) {
    unsafe self.arena = arena
    unsafe message = UnsafeMutableRawPointer(arena.start(initialize))
  }

  /// The message, whose type the caller knows.
  @inline(__always)
  func pointer<Struct>() -> UnsafeMutablePointer<Struct> {
    unsafe message.assumingMemoryBound(to: Struct.self)
  }
}

extension MessageBuilder where Self: ~Escapable {
  /// The address of the protobuf-c struct.
  @unsafe public var unsafeMessage: UnsafeRawPointer {
    unsafe UnsafeRawPointer(unsafePlace.message)
  }

  @unsafe @inline(__always)
  var unsafeArena: ArenaPointer { unsafe unsafePlace.arena }

  /// Starts an empty message in `arena`.
  @inlinable @_lifetime(borrow arena)
  public init(in arena: borrowing Arena) {
    // SAFETY: the builder borrows the arena from here on.
    self = unsafe _overrideLifetime(Self(unsafeArena: arena.pointer), borrowing: arena)
  }
}

/// The argument of a string setter: text, or its bytes in UTF-8.
public protocol MessageText: ~Escapable {
  /// The bytes in UTF-8, without a NUL.
  var utf8Bytes: Span<UInt8> { @_lifetime(borrow self) borrowing get }
}

extension String: MessageText {
  /// The bytes in UTF-8, without a NUL.
  public var utf8Bytes: Span<UInt8> { @_lifetime(borrow self) borrowing get { utf8Span.span } }
}

extension Span: MessageText where Element == UInt8 {
  /// The span itself.
  public var utf8Bytes: Span<UInt8> { @_lifetime(borrow self) borrowing get { copy self } }
}

// Functions with which generated builders start members.
//
// SAFETY: a member has the type `Struct` that protobuf-c has for the builder's message; both come
// from the same field of the contract. Its memory is in the arena whose lifetime the builder
// carries.
extension MessageBuilder where Self: ~Escapable {
  /// The message as written so far.
  @unsafe @_lifetime(copy self) @inline(__always)
  func unsafeView<View: MessageView & ~Escapable>() -> View {
    unsafe _overrideLifetime(View(unsafeMessage: unsafeMessage), copying: self)
  }

  /// Starts the message of a field.
  @unsafe @_lifetime(copy self) @inline(__always)
  func unsafeStart<Builder: MessageBuilder & ~Escapable, Struct>(
    _ member: inout UnsafeMutablePointer<Struct>?
  ) -> Builder {
    let builder = unsafe Builder(unsafeArena: unsafeArena)
    unsafe member = UnsafeMutableRawPointer(mutating: builder.unsafeMessage)
      .assumingMemoryBound(to: Struct.self)
    return unsafe _overrideLifetime(builder, copying: self)
  }

  /// Appends an empty message to a repeated field.
  @unsafe @_lifetime(copy self) @inline(__always)
  func unsafeAppend<Builder: MessageBuilder & ~Escapable, Struct>(
    to array: inout UnsafeMutablePointer<UnsafeMutablePointer<Struct>?>?, _ count: inout Int
  ) -> Builder {
    var member: UnsafeMutablePointer<Struct>?
    let builder: Builder = unsafe unsafeStart(&member)
    unsafe unsafeArena.append(member, to: &array, &count)
    return unsafe _overrideLifetime(builder, copying: self)
  }
}
