internal import CMessages
internal import CProtobufC
internal import Glibc

extension EncodableMessage where Self: ~Escapable {
  /// The message as one line of JSON, by the rules of proto3's JSON mapping except for three
  /// points. Fields are named as in the `.proto` file. False booleans and zero numbers are shown,
  /// since a reader expects them and uid 0 has a meaning. A `google.protobuf.Any` shows its type
  /// and the base64 of its value.
  ///
  /// Characters that control a terminal are escaped.
  public var jsonText: String {
    var text = JSONText(.proto)
    // SAFETY: the address is of a protobuf-c struct that lives as long as this value.
    unsafe text.append(
      message: unsafeMessage.assumingMemoryBound(to: ProtobufCMessage.self))
    return text.text
  }
}

/// Writes any message with the descriptors that protoc-c generated.
///
/// SAFETY: a descriptor gives the C type of the member at each offset, so every load here has the
/// type that was stored. Members are read only while the message exists, which the caller borrows.
///
/// What is written may hold a secret, so it is in a buffer that is wiped.
package struct JSONText: ~Copyable {
  /// How fields are named.
  enum Names {
    /// As in the `.proto` file, for people and for scripts of the command line.
    case proto
    /// In camel case, as proto3's JSON mapping has them.
    case json
  }

  private(set) var written = ByteBuffer()
  private let names: Names

  init(_ names: Names) { self.names = names }

  var text: String {
    // SAFETY: the buffer doesn't leave the closure.
    unsafe written.bytes.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
  }

  mutating func append(message: UnsafePointer<ProtobufCMessage>) {
    let descriptor = unsafe message.pointee.descriptor.pointee
    let name = unsafe String(cString: descriptor.name)
    if unsafe append(wellKnown: name, message) { return }
    append(raw: "{")
    var isFirst = true
    for index in 0..<Int(unsafe descriptor.n_fields) {
      let field = unsafe descriptor.fields[index]
      guard unsafe JSONText.isWritten(field, message) else { continue }
      if !isFirst { append(raw: ",") }
      isFirst = false
      unsafe append(name: stringBytes(field.name))
      unsafe append(field: field, of: message)
    }
    append(raw: "}")
  }

  private mutating func append(
    field: ProtobufCFieldDescriptor, of message: UnsafePointer<ProtobufCMessage>
  ) {
    let base = unsafe UnsafeRawPointer(message)
    let member = unsafe base + Int(field.offset)
    guard unsafe field.label == PROTOBUF_C_LABEL_REPEATED else {
      return unsafe append(value: member, of: field)
    }
    let count = unsafe (base + Int(field.quantifier_offset)).load(as: Int.self)
    let isMap = unsafe JSONText.isMap(field)
    append(raw: isMap ? "{" : "[")
    if count > 0, let elements = unsafe member.load(as: UnsafeRawPointer?.self) {
      let stride = unsafe JSONText.stride(field.type)
      for index in 0..<count {
        if index > 0 { append(raw: ",") }
        let element = unsafe elements + index * stride
        if isMap {
          unsafe append(entry: element)
        } else {
          unsafe append(value: element, of: field)
        }
      }
    }
    append(raw: isMap ? "}" : "]")
  }

  /// Appends one value of the field's type, stored at `place`.
  private mutating func append(value place: UnsafeRawPointer, of field: ProtobufCFieldDescriptor) {
    switch unsafe field.type {
    case PROTOBUF_C_TYPE_INT32, PROTOBUF_C_TYPE_SINT32, PROTOBUF_C_TYPE_SFIXED32:
      append(raw: unsafe String(place.load(as: Int32.self)))
    case PROTOBUF_C_TYPE_UINT32, PROTOBUF_C_TYPE_FIXED32:
      append(raw: unsafe String(place.load(as: UInt32.self)))
    case PROTOBUF_C_TYPE_INT64, PROTOBUF_C_TYPE_SINT64, PROTOBUF_C_TYPE_SFIXED64:
      append(quoted: unsafe String(place.load(as: Int64.self)))
    case PROTOBUF_C_TYPE_UINT64, PROTOBUF_C_TYPE_FIXED64:
      append(quoted: unsafe String(place.load(as: UInt64.self)))
    case PROTOBUF_C_TYPE_FLOAT: append(number: unsafe place.load(as: Float.self))
    case PROTOBUF_C_TYPE_DOUBLE: append(number: unsafe place.load(as: Double.self))
    case PROTOBUF_C_TYPE_BOOL:
      append(raw: unsafe place.load(as: Int32.self) != 0 ? "true" : "false")
    case PROTOBUF_C_TYPE_ENUM: unsafe append(enumeration: place.load(as: Int32.self), of: field)
    case PROTOBUF_C_TYPE_STRING:
      unsafe append(string: stringBytes(place.load(as: UnsafePointer<CChar>?.self)))
    case PROTOBUF_C_TYPE_BYTES:
      append(base64: unsafe dataBytes(place.load(as: ProtobufCBinaryData.self)))
    default:
      if let inner = unsafe place.load(as: UnsafePointer<ProtobufCMessage>?.self) {
        unsafe append(message: inner)
      } else {
        append(raw: "null")
      }
    }
  }

  /// Appends one entry of a map, a message with a key and a value, as a member of an object.
  private mutating func append(entry place: UnsafeRawPointer) {
    guard let entry = unsafe place.load(as: UnsafePointer<ProtobufCMessage>?.self) else { return }
    let fields = unsafe entry.pointee.descriptor.pointee.fields
    guard let key = unsafe fields?[0], let value = unsafe fields?[1] else { return }
    // Keys in JSON are strings, whatever the map's type; those of 64 bits are quoted anyway.
    let isQuoted = unsafe key.type == PROTOBUF_C_TYPE_STRING || JSONText.stride(key.type) == 8
    if !isQuoted { append(raw: "\"") }
    unsafe append(field: key, of: entry)
    if !isQuoted { append(raw: "\"") }
    append(raw: ":")
    unsafe append(field: value, of: entry)
  }

  private mutating func append(enumeration value: Int32, of field: ProtobufCFieldDescriptor) {
    // SAFETY: the field is of an enumeration, so its descriptor is that of one.
    let descriptor = unsafe field.descriptor?.assumingMemoryBound(to: ProtobufCEnumDescriptor.self)
    if let found = unsafe protobuf_c_enum_descriptor_get_value(descriptor, value) {
      unsafe append(string: stringBytes(found.pointee.name))
    } else {
      append(raw: String(value))
    }
  }

  private mutating func append(number: some BinaryFloatingPoint & CustomStringConvertible) {
    if number.isNaN {
      append(raw: "\"NaN\"")
    } else if number.isInfinite {
      append(raw: number < 0 ? "\"-Infinity\"" : "\"Infinity\"")
    } else {
      append(raw: number.description)
    }
  }

  mutating func append(raw text: String) { written.append(text) }

  /// Appends text that needs no escapes, in quotes.
  mutating func append(quoted text: String) {
    written.append(UInt8(ascii: "\""))
    written.append(text)
    written.append(UInt8(ascii: "\""))
  }

  /// Appends the name of a field with its colon.
  private mutating func append(name: Span<UInt8>) {
    written.append(UInt8(ascii: "\""))
    append(named: name)
    written.append(UInt8(ascii: "\""))
    written.append(UInt8(ascii: ":"))
  }

  /// Appends the name of a field, or a path in a `FieldMask`.
  private mutating func append(named name: Span<UInt8>) {
    switch names {
    case .proto: written.append(name)
    case .json:
      var isAfterUnderscore = false
      for index in name.indices {
        let byte = name[index]
        if byte != UInt8(ascii: "_") {
          let isLower = byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z")
          written.append(isAfterUnderscore && isLower ? byte & 0xdf : byte)
        }
        isAfterUnderscore = byte == UInt8(ascii: "_")
      }
    }
  }
}

extension JSONText {
  /// Whether a field is shown: it is set, or its zero value has a meaning.
  private static func isWritten(
    _ field: ProtobufCFieldDescriptor, _ message: UnsafePointer<ProtobufCMessage>
  ) -> Bool {
    let base = unsafe UnsafeRawPointer(message)
    let member = unsafe base + Int(field.offset)
    if unsafe field.label == PROTOBUF_C_LABEL_REPEATED {
      return unsafe (base + Int(field.quantifier_offset)).load(as: Int.self) > 0
    }
    if unsafe field.flags & UInt32(PROTOBUF_C_FIELD_FLAG_ONEOF.rawValue) != 0 {
      return unsafe (base + Int(field.quantifier_offset)).load(as: UInt32.self) == field.id
    }
    switch unsafe field.type {
    case PROTOBUF_C_TYPE_STRING:
      return unsafe !stringBytes(member.load(as: UnsafePointer<CChar>?.self)).isEmpty
    case PROTOBUF_C_TYPE_BYTES: return unsafe member.load(as: ProtobufCBinaryData.self).len > 0
    case PROTOBUF_C_TYPE_MESSAGE: return unsafe member.load(as: UnsafeRawPointer?.self) != nil
    case PROTOBUF_C_TYPE_ENUM: return unsafe member.load(as: UInt32.self) != 0
    default: return true
    }
  }

  /// Whether a repeated field is a map; protobuf-c knows only the map's encoded form, its entries.
  static func isMap(_ field: ProtobufCFieldDescriptor) -> Bool {
    guard unsafe field.type == PROTOBUF_C_TYPE_MESSAGE,
      let descriptor = unsafe field.descriptor?.assumingMemoryBound(
        to: ProtobufCMessageDescriptor.self),
      unsafe descriptor.pointee.n_fields == 2,
      unsafe String(cString: descriptor.pointee.short_name).hasSuffix("Entry")
    else { return false }
    let fields = unsafe descriptor.pointee.fields
    return unsafe fields.map {
      unsafe strcmp($0[0].name, "key") == 0 && strcmp($0[1].name, "value") == 0
    } ?? false
  }

  /// The bytes between two elements of a repeated field.
  static func stride(_ type: ProtobufCType) -> Int {
    switch type {
    case PROTOBUF_C_TYPE_INT64, PROTOBUF_C_TYPE_SINT64, PROTOBUF_C_TYPE_SFIXED64,
      PROTOBUF_C_TYPE_UINT64, PROTOBUF_C_TYPE_FIXED64, PROTOBUF_C_TYPE_DOUBLE,
      PROTOBUF_C_TYPE_STRING, PROTOBUF_C_TYPE_MESSAGE:
      8
    case PROTOBUF_C_TYPE_BYTES: unsafe MemoryLayout<ProtobufCBinaryData>.stride
    default: 4
    }
  }

  static func string(_ string: UnsafePointer<CChar>?) -> String {
    guard let string = unsafe string else { return "" }
    return unsafe String(cString: string)
  }
}

extension JSONText {
  /// `text` as a string of JSON (RFC 8259), with its quotes.
  ///
  /// In addition to what JSON requires, this escapes every control character, so that the text can
  /// neither control a terminal nor begin a new line, and the line separators that JavaScript
  /// doesn't allow in a string.
  package static func quoted(_ text: String) -> String {
    var json = JSONText(.proto)
    json.append(string: text.utf8Span.span)
    return json.text
  }

  /// Appends text, which is UTF-8, as a string to `buffer`.
  package static func append(string text: Span<UInt8>, to buffer: inout ByteBuffer) {
    var json = JSONText(.proto)
    json.append(string: text)
    buffer.append(json.written.bytes)
  }

  /// Appends text, which is UTF-8, as a string.
  mutating func append(string text: Span<UInt8>) {
    written.append(UInt8(ascii: "\""))
    var start = 0
    var index = 0
    while index < text.count {
      let length = Self.escapedByteCount(text, at: index)
      guard length > 0 else {
        index += 1
        continue
      }
      written.append(text.extracting(start..<index))
      append(escape: text, at: index, length: length)
      index += length
      start = index
    }
    written.append(text.extracting(start...))
    written.append(UInt8(ascii: "\""))
  }

  /// How many bytes at a place make a character that is escaped; zero if it is not.
  private static func escapedByteCount(_ text: Span<UInt8>, at index: Int) -> Int {
    switch text[index] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), 0..<0x20, 0x7f: return 1
    // U+0080 to U+009F.
    case 0xc2: return index + 1 < text.count && text[index + 1] < 0xa0 ? 2 : 0
    // U+2028 and U+2029.
    case 0xe2:
      return index + 2 < text.count && text[index + 1] == 0x80 && text[index + 2] & 0xfe == 0xa8
        ? 3 : 0
    default: return 0
    }
  }

  private mutating func append(escape text: Span<UInt8>, at index: Int, length: Int) {
    let byte = text[index]
    switch byte {
    case UInt8(ascii: "\""): append(raw: "\\\"")
    case UInt8(ascii: "\\"): append(raw: "\\\\")
    case UInt8(ascii: "\n"): append(raw: "\\n")
    case UInt8(ascii: "\r"): append(raw: "\\r")
    case UInt8(ascii: "\t"): append(raw: "\\t")
    default:
      // Of two bytes the second is the number itself.
      let last = text[index + length - 1]
      append(raw: length == 3 ? "\\u20" : "\\u00")
      let number = length == 3 ? last - 0x80 : last
      written.append(Self.digit(number >> 4))
      written.append(Self.digit(number & 0xf))
    }
  }

  private static func digit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
  }

  /// Appends `bytes` as base64 (RFC 4648), padded, in quotes.
  mutating func append(base64 bytes: Span<UInt8>) {
    written.append(UInt8(ascii: "\""))
    Base64.encode(bytes, as: .padded, into: &written)
    written.append(UInt8(ascii: "\""))
  }
}

extension JSONText {
  /// Appends a well-known message that JSON shows in a special form; false for any other message.
  ///
  /// SAFETY: the name comes from the message's own descriptor, so the struct has that type.
  mutating func append(wellKnown name: String, _ message: UnsafePointer<ProtobufCMessage>) -> Bool {
    let address = unsafe UnsafeRawPointer(message)
    switch name {
    case "google.protobuf.Timestamp":
      let time = unsafe GoogleProtobuf.Timestamp(unsafeMessage: address)
      append(quoted: JSONTime(seconds: time.seconds).text(nanoseconds: time.nanos))
    case "google.protobuf.Duration":
      let duration = unsafe GoogleProtobuf.Duration(unsafeMessage: address)
      append(quoted: JSONText.text(seconds: duration.seconds, nanoseconds: duration.nanos))
    case "google.protobuf.FieldMask":
      let mask = unsafe GoogleProtobuf.FieldMask(unsafeMessage: address)
      written.append(UInt8(ascii: "\""))
      for index in 0..<mask.pathsCount {
        if index > 0 { append(raw: ",") }
        append(named: mask.paths(at: index))
      }
      written.append(UInt8(ascii: "\""))
    default: return false
    }
    return true
  }

  /// A duration as seconds with a fraction, such as `1.500s`. Both parts carry the sign.
  private static func text(seconds: Int64, nanoseconds: Int32) -> String {
    let sign = seconds < 0 || nanoseconds < 0 ? "-" : ""
    return sign + String(seconds.magnitude) + fraction(nanoseconds: nanoseconds.magnitude) + "s"
  }

  /// A fraction of a second with its point, in 3, 6 or 9 digits; empty for zero.
  static func fraction(nanoseconds: UInt32) -> String {
    guard nanoseconds > 0 else { return "" }
    let digits = String(nanoseconds)
    let padded = String(repeating: "0", count: max(0, 9 - digits.utf8.count)) + digits
    if nanoseconds % 1_000_000 == 0 { return "." + padded.prefix(3) }
    if nanoseconds % 1_000 == 0 { return "." + padded.prefix(6) }
    return "." + padded
  }
}
