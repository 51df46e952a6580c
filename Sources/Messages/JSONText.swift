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
    var text = JSONText()
    // SAFETY: the address is of a protobuf-c struct that lives as long as this value.
    unsafe text.append(
      message: unsafeMessage.assumingMemoryBound(to: ProtobufCMessage.self))
    return text.written
  }
}

/// Writes any message with the descriptors that protoc-c generated.
///
/// SAFETY: a descriptor gives the C type of the member at each offset, so every load here has the
/// type that was stored. Members are read only while the message exists, which the caller borrows.
package struct JSONText {
  private(set) var written = ""

  mutating func append(message: UnsafePointer<ProtobufCMessage>) {
    let descriptor = unsafe message.pointee.descriptor.pointee
    let name = unsafe String(cString: descriptor.name)
    if unsafe append(wellKnown: name, message) { return }
    written += "{"
    var isFirst = true
    for index in 0..<Int(unsafe descriptor.n_fields) {
      let field = unsafe descriptor.fields[index]
      guard unsafe JSONText.isWritten(field, message) else { continue }
      if !isFirst { written += "," }
      isFirst = false
      append(string: unsafe String(cString: field.name))
      written += ":"
      unsafe append(field: field, of: message)
    }
    written += "}"
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
    written += isMap ? "{" : "["
    if count > 0, let elements = unsafe member.load(as: UnsafeRawPointer?.self) {
      let stride = unsafe JSONText.stride(field.type)
      for index in 0..<count {
        if index > 0 { written += "," }
        let element = unsafe elements + index * stride
        if isMap {
          unsafe append(entry: element)
        } else {
          unsafe append(value: element, of: field)
        }
      }
    }
    written += isMap ? "}" : "]"
  }

  /// Appends one value of the field's type, stored at `place`.
  private mutating func append(value place: UnsafeRawPointer, of field: ProtobufCFieldDescriptor) {
    switch unsafe field.type {
    case PROTOBUF_C_TYPE_INT32, PROTOBUF_C_TYPE_SINT32, PROTOBUF_C_TYPE_SFIXED32:
      written += unsafe String(place.load(as: Int32.self))
    case PROTOBUF_C_TYPE_UINT32, PROTOBUF_C_TYPE_FIXED32:
      written += unsafe String(place.load(as: UInt32.self))
    case PROTOBUF_C_TYPE_INT64, PROTOBUF_C_TYPE_SINT64, PROTOBUF_C_TYPE_SFIXED64:
      written += "\"\(unsafe place.load(as: Int64.self))\""
    case PROTOBUF_C_TYPE_UINT64, PROTOBUF_C_TYPE_FIXED64:
      written += "\"\(unsafe place.load(as: UInt64.self))\""
    case PROTOBUF_C_TYPE_FLOAT: append(number: unsafe place.load(as: Float.self))
    case PROTOBUF_C_TYPE_DOUBLE: append(number: unsafe place.load(as: Double.self))
    case PROTOBUF_C_TYPE_BOOL:
      written += unsafe place.load(as: Int32.self) != 0 ? "true" : "false"
    case PROTOBUF_C_TYPE_ENUM: unsafe append(enumeration: place.load(as: Int32.self), of: field)
    case PROTOBUF_C_TYPE_STRING:
      append(string: unsafe JSONText.string(place.load(as: UnsafePointer<CChar>?.self)))
    case PROTOBUF_C_TYPE_BYTES:
      append(base64: unsafe dataBytes(place.load(as: ProtobufCBinaryData.self)))
    default:
      if let inner = unsafe place.load(as: UnsafePointer<ProtobufCMessage>?.self) {
        unsafe append(message: inner)
      } else {
        written += "null"
      }
    }
  }

  /// Appends one entry of a map, a message with a key and a value, as a member of an object.
  private mutating func append(entry place: UnsafeRawPointer) {
    guard let entry = unsafe place.load(as: UnsafePointer<ProtobufCMessage>?.self) else { return }
    let fields = unsafe entry.pointee.descriptor.pointee.fields
    guard let key = unsafe fields?[0], let value = unsafe fields?[1] else { return }
    if unsafe key.type == PROTOBUF_C_TYPE_STRING {
      unsafe append(field: key, of: entry)
    } else {
      // Keys in JSON are strings, whatever the map's type; 64-bit keys are already quoted.
      var inner = JSONText()
      unsafe inner.append(field: key, of: entry)
      written += inner.written.hasPrefix("\"") ? inner.written : "\"\(inner.written)\""
    }
    written += ":"
    unsafe append(field: value, of: entry)
  }

  private mutating func append(enumeration value: Int32, of field: ProtobufCFieldDescriptor) {
    // SAFETY: the field is of an enumeration, so its descriptor is that of one.
    let descriptor = unsafe field.descriptor?.assumingMemoryBound(to: ProtobufCEnumDescriptor.self)
    if let found = unsafe protobuf_c_enum_descriptor_get_value(descriptor, value) {
      append(string: unsafe String(cString: found.pointee.name))
    } else {
      written += String(value)
    }
  }

  private mutating func append(number: some BinaryFloatingPoint & CustomStringConvertible) {
    if number.isNaN {
      written += "\"NaN\""
    } else if number.isInfinite {
      written += number < 0 ? "\"-Infinity\"" : "\"Infinity\""
    } else {
      written += number.description
    }
  }

  mutating func append(raw text: String) { written += text }
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
  private static func isMap(_ field: ProtobufCFieldDescriptor) -> Bool {
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
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\r": quoted += "\\r"
      case "\t": quoted += "\\t"
      case "\u{0}"..."\u{1f}", "\u{7f}"..."\u{9f}", "\u{2028}", "\u{2029}":
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }

  /// Appends `text` as a string.
  mutating func append(string text: String) { append(raw: Self.quoted(text)) }

  /// Appends `bytes` as base64 (RFC 4648), padded, in quotes.
  mutating func append(base64 bytes: Span<UInt8>) {
    var text = ByteBuffer()
    Base64.encode(bytes, as: .padded, into: &text)
    append(raw: "\"" + String(decoding: Array(copying: text.bytes), as: UTF8.self) + "\"")
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
      append(raw: "\"\(JSONTime(seconds: time.seconds).text(nanoseconds: time.nanos))\"")
    case "google.protobuf.Duration":
      let duration = unsafe GoogleProtobuf.Duration(unsafeMessage: address)
      append(raw: "\"\(JSONText.text(seconds: duration.seconds, nanoseconds: duration.nanos))\"")
    case "google.protobuf.FieldMask":
      let mask = unsafe GoogleProtobuf.FieldMask(unsafeMessage: address)
      var paths: [String] = []
      for index in 0..<mask.pathsCount {
        // SAFETY: the buffer doesn't leave the closure.
        let path = unsafe mask.paths(at: index).withUnsafeBufferPointer {
          unsafe String(decoding: $0, as: UTF8.self)
        }
        paths.append(path)
      }
      append(string: paths.joined(separator: ","))
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
