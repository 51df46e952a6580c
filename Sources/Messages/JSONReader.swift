internal import CMessages
internal import CProtobufC

extension MessageView where Self: ~Escapable {
  /// Appends the encoded form of the message that `json` shows in the form of `jsonText`, of which
  /// this is the inverse.
  ///
  /// It is strict. These are errors: an unknown field, a field that is given twice, two fields of a
  /// `oneof`, `null`, and anything after the message. Fields of type `bytes`, `float`, `double` and
  /// maps can't be given, nor can `google.protobuf.Duration`, `FieldMask` and `Any`. Nothing is
  /// appended on an error.
  public static func encode(json: Span<UInt8>, into buffer: inout ByteBuffer) throws(JSONError) {
    var encoded = ByteBuffer()
    // SAFETY: the address is of the descriptor of this message, a constant of the program.
    let descriptor = unsafe descriptor.assumingMemoryBound(to: ProtobufCMessageDescriptor.self)
    try unsafe JSONReader.read(json, descriptor, into: &encoded)
    buffer.append(encoded.bytes)
  }
}

/// Reads the JSON of any message with the descriptors that protoc-c generated, and writes the
/// message in its encoded form. Its decoder then checks that like any other.
///
/// SAFETY: descriptors are constants of the program, and a field's descriptor has the kind that its
/// type says.
struct JSONReader: ~Escapable {
  let text: Span<UInt8>
  var position = 0

  /// Where and why reading ends.
  struct Problem: Error {
    let offset: Int
    let sentence: String
  }

  private static let deepest = 32

  @_lifetime(copy text)
  private init(_ text: Span<UInt8>) { self.text = text }

  static func read(
    _ text: Span<UInt8>, _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>,
    into buffer: inout ByteBuffer
  ) throws(JSONError) {
    var reader = JSONReader(text)
    do throws(Problem) {
      try unsafe reader.readMessage(descriptor, into: &buffer, depth: 1)
      reader.skipSpace()
      guard reader.position == text.count else {
        throw reader.problem("there is something behind the end of the message")
      }
    } catch {
      throw JSONError(error.sentence, at: error.offset, in: text)
    }
  }

  /// A problem at the present position.
  func problem(_ sentence: String) -> Problem { Problem(offset: position, sentence: sentence) }

  private mutating func readMessage(
    _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>, into buffer: inout ByteBuffer,
    depth: Int
  ) throws(Problem) {
    guard depth <= Self.deepest else {
      throw problem("objects are nested deeper than \(Self.deepest) levels")
    }
    try expect(UInt8(ascii: "{"), "an object, in braces")
    var seen: [UInt32] = []
    if take(UInt8(ascii: "}")) { return }
    repeat {
      skipSpace()
      let start = position
      let name = try readString("the name of a field, in quotes")
      guard let field = unsafe Self.field(name, of: descriptor) else {
        let message = unsafe String(cString: descriptor.pointee.short_name)
        throw Problem(
          offset: start,
          sentence: "`\(String(decoding: name, as: UTF8.self))` is not a field of `\(message)`")
      }
      if let other = unsafe Self.rival(of: field, among: seen, descriptor) {
        throw unsafe Problem(
          offset: start,
          sentence: other == field.pointee.id
            ? "`\(Self.name(field))` is given twice"
            : "`\(Self.name(field))` can't be given beside the field before it")
      }
      unsafe seen.append(field.pointee.id)
      try expect(UInt8(ascii: ":"), "a colon")
      try unsafe readField(field, into: &buffer, depth: depth)
    } while take(UInt8(ascii: ","))
    try expect(UInt8(ascii: "}"), "a comma or the end of the object")
  }

  private mutating func readField(
    _ field: UnsafePointer<ProtobufCFieldDescriptor>, into buffer: inout ByteBuffer, depth: Int
  ) throws(Problem) {
    guard unsafe field.pointee.label == PROTOBUF_C_LABEL_REPEATED else {
      return try unsafe readValue(field, into: &buffer, depth: depth)
    }
    try expect(UInt8(ascii: "["), unsafe "a list for `\(Self.name(field))`, in brackets")
    if take(UInt8(ascii: "]")) { return }
    repeat {
      try unsafe readValue(field, into: &buffer, depth: depth)
    } while take(UInt8(ascii: ","))
    try expect(UInt8(ascii: "]"), "a comma or the end of the list")
  }

  private mutating func readValue(
    _ field: UnsafePointer<ProtobufCFieldDescriptor>, into buffer: inout ByteBuffer, depth: Int
  ) throws(Problem) {
    skipSpace()
    switch unsafe field.pointee.type {
    case PROTOBUF_C_TYPE_STRING:
      let bytes = try readString(unsafe "text for `\(Self.name(field))`, in quotes")
      guard unsafe !bytes.isEmpty || Self.isAlwaysWritten(field) else { return }
      unsafe buffer.append(varint: UInt64(field.pointee.id) << 3 | 2)
      buffer.append(varint: UInt64(bytes.count))
      buffer.append(bytes.span)
    case PROTOBUF_C_TYPE_MESSAGE:
      // SAFETY: the field is of a message type.
      guard
        let inner = unsafe field.pointee.descriptor?.assumingMemoryBound(
          to: ProtobufCMessageDescriptor.self)
      else { return }
      var encoded = ByteBuffer()
      switch unsafe String(cString: inner.pointee.name) {
      case "google.protobuf.Timestamp": try readTime(into: &encoded)
      case "google.protobuf.Duration", "google.protobuf.FieldMask", "google.protobuf.Any":
        throw unsafe problem("`\(Self.name(field))` can't be given in JSON")
      default: try unsafe readMessage(inner, into: &encoded, depth: depth + 1)
      }
      unsafe buffer.append(varint: UInt64(field.pointee.id) << 3 | 2)
      buffer.append(varint: UInt64(encoded.count))
      buffer.append(encoded.bytes)
    default:
      let value = try unsafe readInteger(field)
      guard unsafe value != 0 || Self.isAlwaysWritten(field) else { return }
      unsafe buffer.append(varint: UInt64(field.pointee.id) << 3)
      buffer.append(varint: value)
    }
  }

  /// The value of a field that is encoded as a varint.
  private mutating func readInteger(
    _ field: UnsafePointer<ProtobufCFieldDescriptor>
  ) throws(Problem) -> UInt64 {
    switch unsafe field.pointee.type {
    case PROTOBUF_C_TYPE_BOOL: return try readBoolean(unsafe Self.name(field)) ? 1 : 0
    case PROTOBUF_C_TYPE_UINT32: return UInt64(try readNumber(as: UInt32.self))
    case PROTOBUF_C_TYPE_UINT64: return try readNumber(as: UInt64.self)
    case PROTOBUF_C_TYPE_INT32:
      return UInt64(bitPattern: Int64(try readNumber(as: Int32.self)))
    case PROTOBUF_C_TYPE_INT64: return UInt64(bitPattern: try readNumber(as: Int64.self))
    case PROTOBUF_C_TYPE_ENUM:
      guard peek == UInt8(ascii: "\"") else {
        return UInt64(bitPattern: Int64(try readNumber(as: Int32.self)))
      }
      let start = position
      let name = try readString("a name")
      // SAFETY: the field is of an enumeration; the name, without NUL, is read inside the call.
      let found = unsafe protobuf_c_enum_descriptor_get_value_by_name(
        field.pointee.descriptor?.assumingMemoryBound(to: ProtobufCEnumDescriptor.self),
        String(decoding: name, as: UTF8.self))
      guard let found = unsafe found else {
        throw unsafe Problem(
          offset: start, sentence: "this is not a value of `\(Self.name(field))`")
      }
      return unsafe UInt64(bitPattern: Int64(found.pointee.value))
    default: throw unsafe problem("`\(Self.name(field))` can't be given in JSON")
    }
  }
}

extension JSONReader {
  private static func field(
    _ name: [UInt8], of descriptor: UnsafePointer<ProtobufCMessageDescriptor>
  ) -> UnsafePointer<ProtobufCFieldDescriptor>? {
    // SAFETY: the name, without NUL, is read inside the call.
    unsafe protobuf_c_message_descriptor_get_field_by_name(
      descriptor, String(decoding: name, as: UTF8.self))
  }

  private static func name(_ field: UnsafePointer<ProtobufCFieldDescriptor>) -> String {
    unsafe String(cString: field.pointee.name)
  }

  /// The field in `seen` that excludes another: the same field, or another of its `oneof`. The
  /// fields of a `oneof` share the member that says which one is set.
  private static func rival(
    of field: UnsafePointer<ProtobufCFieldDescriptor>, among seen: [UInt32],
    _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>
  ) -> UInt32? {
    if unsafe seen.contains(field.pointee.id) { return unsafe field.pointee.id }
    guard unsafe isInOneof(field) else { return nil }
    return seen.first { id in
      guard let other = unsafe protobuf_c_message_descriptor_get_field(descriptor, id) else {
        return false
      }
      return unsafe isInOneof(other)
        && other.pointee.quantifier_offset == field.pointee.quantifier_offset
    }
  }

  private static func isInOneof(_ field: UnsafePointer<ProtobufCFieldDescriptor>) -> Bool {
    unsafe field.pointee.flags & UInt32(PROTOBUF_C_FIELD_FLAG_ONEOF.rawValue) != 0
  }

  /// Whether even an empty value is written.
  private static func isAlwaysWritten(_ field: UnsafePointer<ProtobufCFieldDescriptor>) -> Bool {
    unsafe field.pointee.label == PROTOBUF_C_LABEL_REPEATED || isInOneof(field)
  }
}
