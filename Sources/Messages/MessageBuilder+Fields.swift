internal import CProtobufC

extension MessageBuilder where Self: ~Escapable {
  /// Sets the field at `path`, and starts the messages on the way to it. A list is added to a
  /// repeated field.
  ///
  /// A path that the message's type doesn't have, and a value of another type than the field, are
  /// bugs of the caller, and trap.
  package func set(_ path: String, to value: FieldValue) {
    let member = unsafe FieldWriter(self).descending(path)
    unsafe member.set(value)
  }

  /// Sets the field of text at `path` to these bytes in UTF-8. For secrets, which are copied only
  /// into the arena.
  package func set(_ path: String, utf8 bytes: Span<UInt8>) {
    let member = unsafe FieldWriter(self).descending(path)
    unsafe member.set(utf8: bytes)
  }
}

/// A place in a message that is being built: the message itself, or one of its fields.
///
/// SAFETY: it lives only inside the functions above, whose builder borrows the arena. A descriptor
/// gives the C type of the member at each offset, so every store here has the field's type.
@unsafe private struct FieldWriter {
  private let arena: ArenaPointer
  private let message: UnsafeMutableRawPointer
  private let descriptor: UnsafePointer<ProtobufCMessageDescriptor>
  private var field: UnsafePointer<ProtobufCFieldDescriptor>?

  init<Builder: MessageBuilder & ~Escapable>(_ builder: Builder) {
    unsafe self.init(
      builder.unsafeArena, UnsafeMutableRawPointer(mutating: builder.unsafeMessage))
  }

  private init(_ arena: ArenaPointer, _ message: UnsafeMutableRawPointer) {
    unsafe self.arena = arena
    unsafe self.message = message
    unsafe descriptor = message.assumingMemoryBound(to: ProtobufCMessage.self).pointee.descriptor
  }

  /// The field at a path.
  func descending(_ path: String) -> FieldWriter {
    var place = unsafe self
    for name in path.split(separator: ".") {
      if unsafe place.field != nil { unsafe place = place.started() }
      unsafe place.field = FieldPlace.field(String(name), of: place.descriptor)
    }
    return unsafe place
  }

  private var found: UnsafePointer<ProtobufCFieldDescriptor> {
    guard let field = unsafe field else { preconditionFailure("the path is empty") }
    return unsafe field
  }

  private var member: UnsafeMutableRawPointer { unsafe message + Int(found.pointee.offset) }

  private var quantifier: UnsafeMutableRawPointer {
    unsafe message + Int(found.pointee.quantifier_offset)
  }

  /// The message of this field, which is started if it is absent.
  private func started() -> FieldWriter {
    unsafe precondition(found.pointee.type == PROTOBUF_C_TYPE_MESSAGE, "no field of a message")
    if let inner = unsafe member.load(as: UnsafeMutableRawPointer?.self) {
      return unsafe FieldWriter(arena, inner)
    }
    let type = unsafe found.pointee.descriptor?.assumingMemoryBound(
      to: ProtobufCMessageDescriptor.self)
    guard let type = unsafe type else { preconditionFailure("a message without a descriptor") }
    let inner = unsafe arena.allocate(type.pointee.sizeof_message)
    unsafe protobuf_c_message_init(type, inner)
    unsafe member.storeBytes(of: inner, as: UnsafeMutableRawPointer?.self)
    return unsafe FieldWriter(arena, inner)
  }

  func set(utf8 bytes: Span<UInt8>) {
    unsafe precondition(found.pointee.type == PROTOBUF_C_TYPE_STRING, "no field of text")
    unsafe store(arena.copyString(bytes))
  }

  func set(_ value: FieldValue) {
    switch unsafe (value, found.pointee.type) {
    case (.list(let elements), _): for element in elements { unsafe append(element) }
    case (.text(let text), PROTOBUF_C_TYPE_STRING): unsafe set(utf8: text.utf8Span.span)
    case (.bytes(let bytes), PROTOBUF_C_TYPE_BYTES): unsafe store(arena.copyBytes(bytes.span))
    case (.unsigned(let number), PROTOBUF_C_TYPE_UINT64): unsafe store(number)
    case (.unsigned(let number), PROTOBUF_C_TYPE_FIXED64): unsafe store(number)
    case (.signed(let number), PROTOBUF_C_TYPE_INT64): unsafe store(number)
    case (.signed(let number), PROTOBUF_C_TYPE_INT32): unsafe store(Int32(clamping: number))
    case (.boolean(let flag), PROTOBUF_C_TYPE_BOOL): unsafe store(Int32(flag ? 1 : 0))
    case (.word(let word), PROTOBUF_C_TYPE_ENUM): unsafe store(number(of: word))
    case (.time(let seconds, let nanoseconds), PROTOBUF_C_TYPE_MESSAGE):
      unsafe setTime(seconds: seconds, nanoseconds: nanoseconds)
    case (.duration(let seconds), PROTOBUF_C_TYPE_MESSAGE):
      unsafe setTime(seconds: seconds, nanoseconds: 0)
    default:
      unsafe preconditionFailure("`\(String(cString: found.pointee.name))` has another type")
    }
  }

  private func store<Value: BitwiseCopyable>(_ value: Value) {
    unsafe member.storeBytes(of: value, as: Value.self)
    if unsafe FieldPlace.isInOneof(found) {
      unsafe quantifier.storeBytes(of: found.pointee.id, as: UInt32.self)
    }
  }

  private func setTime(seconds: Int64, nanoseconds: Int32) {
    let moment = unsafe started()
    unsafe moment.descending("seconds").set(.signed(seconds))
    unsafe moment.descending("nanos").set(.signed(Int64(nanoseconds)))
  }

  private func append(_ value: FieldValue) {
    switch unsafe (value, found.pointee.type) {
    case (.text(let text), PROTOBUF_C_TYPE_STRING):
      unsafe append(arena.copyString(text.utf8Span.span))
    case (.word(let word), PROTOBUF_C_TYPE_ENUM): unsafe append(number(of: word))
    default:
      unsafe preconditionFailure("`\(String(cString: found.pointee.name))` has another type")
    }
  }

  private func append<Element: BitwiseCopyable>(_ element: Element) {
    unsafe precondition(found.pointee.label == PROTOBUF_C_LABEL_REPEATED, "no repeated field")
    let array = unsafe member.assumingMemoryBound(to: UnsafeMutablePointer<Element>?.self)
    let count = unsafe quantifier.assumingMemoryBound(to: Int.self)
    unsafe arena.append(element, to: &array.pointee, &count.pointee)
  }

  private func number(of word: String) -> Int32 {
    guard let number = unsafe EnumWords(of: found).number(word) else {
      unsafe preconditionFailure("`\(String(cString: found.pointee.name))` has no `\(word)`")
    }
    return number
  }
}
