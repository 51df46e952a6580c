internal import CProtobufC

/// A message of any type, whose fields are read by their names in the contract.
///
/// A field is named by a path: `display_name`, or `token.expires_at` for a field of a message in
/// it. A path that the message's type doesn't have is a bug of the caller, and traps.
///
/// SAFETY: the pointer is to a message whose lifetime this value carries. A descriptor gives the C
/// type of the member at each offset, so every load here has the type that was stored.
@safe package struct AnyMessage: ~Escapable {
  private let message: UnsafePointer<ProtobufCMessage>

  @unsafe @_lifetime(immortal)
  init(unsafe message: UnsafePointer<ProtobufCMessage>) { unsafe self.message = message }

  /// The value of a field.
  package subscript(path: String) -> FieldValue {
    var message = unsafe message
    let names = path.split(separator: ".").map(String.init)
    for name in names.dropLast() {
      guard let inner = unsafe Self.inner(name, of: message) else { return .absent }
      unsafe message = inner
    }
    let field = unsafe FieldPlace.field(names.last ?? "", of: message.pointee.descriptor)
    return unsafe Self.value(of: field, in: UnsafeRawPointer(message))
  }

  /// The message of a field; nil if it is absent.
  @_lifetime(copy self)
  package func message(_ name: String) -> AnyMessage? {
    guard let inner = unsafe Self.inner(name, of: message) else { return nil }
    return unsafe _overrideLifetime(AnyMessage(unsafe: inner), copying: self)
  }

  /// The number of elements of a repeated field.
  package func count(of name: String) -> Int {
    let field = unsafe FieldPlace.field(name, of: message.pointee.descriptor)
    return unsafe UnsafeRawPointer(message).load(
      fromByteOffset: Int(field.pointee.quantifier_offset), as: Int.self)
  }

  /// An element of a repeated field of messages.
  @_lifetime(copy self)
  package func element(_ index: Int, of name: String) -> AnyMessage {
    let field = unsafe FieldPlace.field(name, of: message.pointee.descriptor)
    unsafe precondition(field.pointee.type == PROTOBUF_C_TYPE_MESSAGE, "no field of messages")
    let array = unsafe UnsafeRawPointer(message).load(
      fromByteOffset: Int(field.pointee.offset),
      as: UnsafeMutablePointer<UnsafePointer<ProtobufCMessage>?>?.self)
    guard let found = unsafe Messages.element(index, of: array, count: count(of: name)) else {
      preconditionFailure("an element is missing")
    }
    return unsafe _overrideLifetime(AnyMessage(unsafe: found), copying: self)
  }

  private static func inner(
    _ name: String, of message: UnsafePointer<ProtobufCMessage>
  ) -> UnsafePointer<ProtobufCMessage>? {
    let field = unsafe FieldPlace.field(name, of: message.pointee.descriptor)
    unsafe precondition(field.pointee.type == PROTOBUF_C_TYPE_MESSAGE, "no field of a message")
    return unsafe UnsafeRawPointer(message).load(
      fromByteOffset: Int(field.pointee.offset), as: UnsafePointer<ProtobufCMessage>?.self)
  }

  private static func value(
    of field: UnsafePointer<ProtobufCFieldDescriptor>, in message: UnsafeRawPointer
  ) -> FieldValue {
    let member = unsafe message + Int(field.pointee.offset)
    let quantifier = unsafe message + Int(field.pointee.quantifier_offset)
    if unsafe field.pointee.label == PROTOBUF_C_LABEL_REPEATED {
      guard let elements = unsafe member.load(as: UnsafeRawPointer?.self) else { return .list([]) }
      let stride = unsafe JSONText.stride(field.pointee.type)
      let count = unsafe quantifier.load(as: Int.self)
      return .list((0..<count).map { unsafe scalar(elements + $0 * stride, of: field) })
    }
    if unsafe FieldPlace.isInOneof(field),
      unsafe quantifier.load(as: UInt32.self) != field.pointee.id
    {
      return .absent
    }
    return unsafe scalar(member, of: field)
  }

  private static func scalar(
    _ place: UnsafeRawPointer, of field: UnsafePointer<ProtobufCFieldDescriptor>
  ) -> FieldValue {
    switch unsafe field.pointee.type {
    case PROTOBUF_C_TYPE_STRING:
      return unsafe .text(JSONText.string(place.load(as: UnsafePointer<CChar>?.self)))
    case PROTOBUF_C_TYPE_BYTES:
      return unsafe .bytes([UInt8](copying: dataBytes(place.load(as: ProtobufCBinaryData.self))))
    case PROTOBUF_C_TYPE_UINT32: return unsafe .unsigned(UInt64(place.load(as: UInt32.self)))
    case PROTOBUF_C_TYPE_UINT64, PROTOBUF_C_TYPE_FIXED64:
      return unsafe .unsigned(place.load(as: UInt64.self))
    case PROTOBUF_C_TYPE_INT32: return unsafe .signed(Int64(place.load(as: Int32.self)))
    case PROTOBUF_C_TYPE_INT64: return unsafe .signed(place.load(as: Int64.self))
    case PROTOBUF_C_TYPE_BOOL: return unsafe .boolean(place.load(as: Int32.self) != 0)
    case PROTOBUF_C_TYPE_ENUM:
      return unsafe .word(EnumWords(of: field).word(place.load(as: Int32.self)))
    case PROTOBUF_C_TYPE_MESSAGE:
      guard let message = unsafe place.load(as: UnsafePointer<ProtobufCMessage>?.self) else {
        return .absent
      }
      return unsafe moment(message)
    default: preconditionFailure("no field of this type is read by its name")
    }
  }

  /// A time or a duration.
  private static func moment(_ message: UnsafePointer<ProtobufCMessage>) -> FieldValue {
    let address = unsafe UnsafeRawPointer(message)
    switch unsafe String(cString: message.pointee.descriptor.pointee.name) {
    case "google.protobuf.Timestamp":
      let time = unsafe GoogleProtobuf.Timestamp(unsafeMessage: address)
      return .time(seconds: time.seconds, nanoseconds: time.nanos)
    case "google.protobuf.Duration":
      let duration = unsafe GoogleProtobuf.Duration(unsafeMessage: address)
      return .duration(seconds: duration.seconds)
    case let name: preconditionFailure("a field of type `\(name)` has no single value")
    }
  }
}

extension EncodableMessage where Self: ~Escapable {
  /// The message with its fields by name.
  package var fields: AnyMessage {
    @_lifetime(copy self)
    get {
      // SAFETY: the address is of a protobuf-c struct that lives as long as this value.
      unsafe _overrideLifetime(
        AnyMessage(unsafe: unsafeMessage.assumingMemoryBound(to: ProtobufCMessage.self)),
        copying: self)
    }
  }
}

/// The value of a field that is read or written by its name.
package enum FieldValue: Equatable, Sendable {
  /// A message that is not there, or a field of a `oneof` that isn't set.
  case absent
  case text(String)
  case bytes([UInt8])
  case unsigned(UInt64)
  case signed(Int64)
  case boolean(Bool)
  /// A value of an enumeration by the last words of its name: `active` is TOKEN_STATE_ACTIVE. One
  /// without a name is its number.
  case word(String)
  /// A `google.protobuf.Timestamp`.
  case time(seconds: Int64, nanoseconds: Int32)
  /// The whole seconds of a `google.protobuf.Duration`.
  case duration(seconds: Int64)
  /// A repeated field, other than of messages.
  case list([FieldValue])
}

/// Finds fields in descriptors, which are constants of the program.
enum FieldPlace {
  /// The field of this name; its absence is a bug of the caller.
  static func field(
    _ name: String, of descriptor: UnsafePointer<ProtobufCMessageDescriptor>?
  ) -> UnsafePointer<ProtobufCFieldDescriptor> {
    // SAFETY: the name is read inside the call.
    guard let field = unsafe protobuf_c_message_descriptor_get_field_by_name(descriptor, name)
    else {
      let message = unsafe descriptor.map { unsafe String(cString: $0.pointee.name) } ?? "?"
      preconditionFailure("`\(message)` has no field `\(name)`")
    }
    return unsafe field
  }

  static func isInOneof(_ field: UnsafePointer<ProtobufCFieldDescriptor>) -> Bool {
    unsafe field.pointee.flags & UInt32(PROTOBUF_C_FIELD_FLAG_ONEOF.rawValue) != 0
  }
}

/// The values of an enumeration as words: without the prefix that all their names share, in lower
/// case.
///
/// SAFETY: the descriptor is that of an enumeration, a constant of the program.
@safe struct EnumWords {
  private let descriptor: UnsafePointer<ProtobufCEnumDescriptor>?
  private let prefix: String

  /// The words of a field of an enumeration.
  init(of field: UnsafePointer<ProtobufCFieldDescriptor>) {
    unsafe descriptor = field.pointee.descriptor?.assumingMemoryBound(
      to: ProtobufCEnumDescriptor.self)
    // The value 0 of every enumeration is named after it: TOKEN_STATE_UNSPECIFIED.
    let zero = unsafe protobuf_c_enum_descriptor_get_value(descriptor, 0)
    let name = unsafe zero.map { unsafe String(cString: $0.pointee.name) } ?? ""
    prefix = String(name.dropLast("UNSPECIFIED".count))
  }

  func word(_ number: Int32) -> String {
    guard let found = unsafe protobuf_c_enum_descriptor_get_value(descriptor, number) else {
      return String(number)
    }
    return unsafe String(cString: found.pointee.name).dropFirst(prefix.count).lowercased()
  }

  /// The number of a word; nil for another one.
  func number(_ word: String) -> Int32? {
    // SAFETY: the name is read inside the call.
    let found = unsafe protobuf_c_enum_descriptor_get_value_by_name(
      descriptor, prefix + word.uppercased())
    return unsafe found?.pointee.value
  }
}
