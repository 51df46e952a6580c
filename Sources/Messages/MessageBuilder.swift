/// A message that is being written into an arena. Copies of a builder write the same message.
public protocol MessageBuilder: EncodableMessage, ~Escapable {
  /// Starts an empty message in the arena whose handle this is.
  @unsafe @_lifetime(immortal) init(unsafeArena: ArenaPointer)

  /// The handle of the arena that the message is written into.
  @unsafe var unsafeArena: ArenaPointer { get }
}

extension MessageBuilder where Self: ~Escapable {
  /// Starts an empty message in `arena`.
  @inlinable @_lifetime(borrow arena)
  public init(in arena: borrowing Arena) {
    // SAFETY: the builder borrows the arena from here on.
    self = unsafe _overrideLifetime(Self(unsafeArena: arena.pointer), borrowing: arena)
  }
}

/// What a setter of a string takes: text, or its bytes in UTF-8.
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

// What generated builders start members with.
//
// SAFETY: a member is of the type `Struct` that protobuf-c has for the builder's message; both come
// from the same field of the contract. The memory is that of the arena whose lifetime the builder
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

  /// Starts one more message of a repeated field.
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
