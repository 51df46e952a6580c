internal import CMessages
internal import CProtobufC

extension MessageView where Self: ~Escapable {
  /// Appends the encoded form of the message that `json` shows in the form of `jsonText`, of which
  /// this is the inverse.
  ///
  /// A field may be named as in the `.proto` file, or in camel case, as proto3's JSON mapping has
  /// it. It is strict. These are errors: an unknown field, a field that is given twice, two fields
  /// of a `oneof`, `null`, and anything after the message. Fields of type `float` and `double` and
  /// maps can't be given, nor can `google.protobuf.Any`. Nothing is appended on an error.
  public static func encode(json: Span<UInt8>, into buffer: inout ByteBuffer) throws(JSONError) {
    try MessageType(Self.self).encode(json: json, into: &buffer)
  }
}

/// Reads the JSON of any message with the descriptors that protoc-c generated, and writes the
/// message in its encoded form. Its decoder then checks that like any other.
///
/// SAFETY: descriptors are constants of the program, and a field's descriptor has the kind that its
/// type says.
///
/// What it reads may be a secret, so it is kept in buffers that are wiped only.
struct JSONReader: ~Copyable, ~Escapable {
  let text: Span<UInt8>
  var position = 0
  /// The last string that was read.
  var content = ByteBuffer()
  /// How many fields and elements may still come.
  private var left: Int

  /// Where and why reading ends.
  struct Problem: Error {
    let offset: Int
    let sentence: String
  }

  private static let deepest = 32
  /// The longest name that an error repeats.
  private static let longestName = 40

  @_lifetime(copy text)
  private init(_ text: Span<UInt8>, _ maximumFields: Int) {
    self.text = text
    left = maximumFields
  }

  static func read(
    _ text: Span<UInt8>, _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>,
    maximumFields: Int, into buffer: inout ByteBuffer
  ) throws(JSONError) {
    var reader = JSONReader(text, maximumFields)
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
      try readString("the name of a field, in quotes")
      try countField()
      guard let field = unsafe Self.field(content.bytes, of: descriptor) else {
        let message = unsafe String(cString: descriptor.pointee.short_name)
        throw Problem(offset: start, sentence: "\(nameForError) is not a field of `\(message)`")
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

  private mutating func countField() throws(Problem) {
    left -= 1
    guard left >= 0 else { throw problem("there are too many fields and elements") }
  }

  /// The name of a field that was read last, unless it is longer than any.
  private var nameForError: String {
    guard content.count <= Self.longestName else { return "a long name" }
    return "`\(String(decoding: Array(copying: content.bytes), as: UTF8.self))`"
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
      try countField()
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
      try readString(unsafe "text for `\(Self.name(field))`, in quotes")
      guard unsafe !content.isEmpty || Self.isAlwaysWritten(field) else { return }
      unsafe buffer.append(field: field.pointee.id, content.bytes)
    case PROTOBUF_C_TYPE_BYTES:
      let start = position
      try readString(unsafe "base64 for `\(Self.name(field))`, in quotes")
      var bytes = ByteBuffer()
      guard Base64.decode(content.bytes, into: &bytes) else {
        throw unsafe Problem(
          offset: start, sentence: "`\(Self.name(field))` is not base64")
      }
      guard unsafe !bytes.isEmpty || Self.isAlwaysWritten(field) else { return }
      unsafe buffer.append(field: field.pointee.id, bytes.bytes)
    case PROTOBUF_C_TYPE_MESSAGE:
      // SAFETY: the field is of a message type.
      guard
        let inner = unsafe field.pointee.descriptor?.assumingMemoryBound(
          to: ProtobufCMessageDescriptor.self)
      else { return }
      var encoded = ByteBuffer()
      switch unsafe String(cString: inner.pointee.name) {
      case "google.protobuf.Timestamp": try readTime(into: &encoded)
      case "google.protobuf.Duration": try readDuration(into: &encoded)
      case "google.protobuf.FieldMask": try readFieldMask(into: &encoded)
      case "google.protobuf.Any":
        throw unsafe problem("`\(Self.name(field))` can't be given in JSON")
      default: try unsafe readMessage(inner, into: &encoded, depth: depth + 1)
      }
      unsafe buffer.append(field: field.pointee.id, encoded.bytes)
    case PROTOBUF_C_TYPE_FIXED64:
      let value = try readNumber(as: UInt64.self)
      guard unsafe value != 0 || Self.isAlwaysWritten(field) else { return }
      unsafe buffer.append(varint: UInt64(field.pointee.id) << 3 | 1)
      buffer.append(littleEndian: value)
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
      try readString("a name")
      guard let value = unsafe Self.value(content.bytes, of: field) else {
        throw unsafe Problem(
          offset: start, sentence: "this is not a value of `\(Self.name(field))`")
      }
      return UInt64(bitPattern: Int64(value))
    default: throw unsafe problem("`\(Self.name(field))` can't be given in JSON")
    }
  }
}

extension JSONReader {
  private static func field(
    _ name: Span<UInt8>, of descriptor: UnsafePointer<ProtobufCMessageDescriptor>
  ) -> UnsafePointer<ProtobufCFieldDescriptor>? {
    for index in 0..<Int(unsafe descriptor.pointee.n_fields) {
      let field = unsafe descriptor.pointee.fields + index
      let own = unsafe stringBytes(field.pointee.name)
      if own.isEqual(to: name) || isCamelCase(name, of: own) { return unsafe field }
    }
    return nil
  }

  /// Whether this is the name of a field in camel case, `displayName` for `display_name`.
  private static func isCamelCase(_ name: Span<UInt8>, of field: Span<UInt8>) -> Bool {
    var place = 0
    var isAfterUnderscore = false
    for index in field.indices {
      let byte = field[index]
      if byte != UInt8(ascii: "_") {
        let isLower = byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z")
        guard place < name.count,
          name[place] == (isAfterUnderscore && isLower ? byte & 0xdf : byte)
        else { return false }
        place += 1
      }
      isAfterUnderscore = byte == UInt8(ascii: "_")
    }
    return place == name.count
  }

  /// The number of a value of a field's enumeration.
  private static func value(
    _ name: Span<UInt8>, of field: UnsafePointer<ProtobufCFieldDescriptor>
  ) -> Int32? {
    // SAFETY: the field is of an enumeration.
    guard
      let values = unsafe field.pointee.descriptor?.assumingMemoryBound(
        to: ProtobufCEnumDescriptor.self)
    else { return nil }
    for index in 0..<Int(unsafe values.pointee.n_values) {
      let value = unsafe values.pointee.values[index]
      if unsafe stringBytes(value.name).isEqual(to: name) { return unsafe value.value }
    }
    return nil
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

extension ByteBuffer {
  /// Appends a field of an encoded message whose content has a length.
  package mutating func append(field number: UInt32, _ content: Span<UInt8>) {
    append(varint: UInt64(number) << 3 | 2)
    append(varint: UInt64(content.count))
    append(content)
  }
}
