internal import CProtobufC

/// What an encoded message has to pass before protobuf-c may decode it.
///
/// protobuf-c recurses as deep as its input says, cuts a string at an embedded NUL, takes any bytes
/// for UTF-8, and merges a submessage that comes twice in a way that loses fields. All four change
/// who a name stands for or end the process, so a message that shows any of them is refused here,
/// in one pass without an allocation, along the descriptors that protoc-c generated.
enum MessageCheck {
  /// Throws what is wrong with `bytes` as an encoded message of `descriptor`.
  static func check(
    _ bytes: Span<UInt8>, against descriptor: UnsafePointer<ProtobufCMessageDescriptor>,
    _ limits: DecodeLimits
  ) throws(DecodingError) {
    var fields = 0
    unsafe try check(bytes, descriptor, limits, depth: 1, fields: &fields)
  }

  private static func check(
    _ bytes: Span<UInt8>, _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>,
    _ limits: DecodeLimits, depth: Int, fields: inout Int
  ) throws(DecodingError) {
    guard depth <= limits.depth else {
      throw DecodingError("messages are nested deeper than \(limits.depth) levels")
    }
    var reader = WireReader(bytes)
    var seen: UInt64 = 0
    while true {
      let next: WireField?
      do { next = try reader.next() } catch { throw DecodingError(error.reason) }
      guard let found = next else { return }
      fields += 1
      guard fields <= limits.fields else {
        throw DecodingError("a request holds more than \(limits.fields) fields")
      }
      // SAFETY: descriptors are constants of the program; the field, when found, is one of theirs.
      guard
        let field = unsafe protobuf_c_message_descriptor_get_field(descriptor, found.number)
      else { continue }
      guard unsafe matches(found, field) else {
        throw unsafe problem(field, "is encoded as another type")
      }
      switch unsafe field.pointee.type {
      case PROTOBUF_C_TYPE_STRING:
        if !found.bytes.isText {
          throw unsafe problem(field, "is not UTF-8 text without NUL")
        }
      case PROTOBUF_C_TYPE_MESSAGE:
        if unsafe field.pointee.label != PROTOBUF_C_LABEL_REPEATED {
          let bit = unsafe 1 &<< UInt64(truncatingIfNeeded: field - descriptor.pointee.fields)
          guard seen & bit == 0 else {
            throw unsafe problem(field, "is given twice")
          }
          seen |= bit
        }
        guard let inner = unsafe field.pointee.descriptor else { continue }
        unsafe try check(
          found.bytes, inner.assumingMemoryBound(to: ProtobufCMessageDescriptor.self),
          limits, depth: depth + 1, fields: &fields)
      default: break
      }
    }
  }

  /// Whether the wire type is one that the field may have; a repeated number may also be packed.
  private static func matches(
    _ found: WireField, _ field: UnsafePointer<ProtobufCFieldDescriptor>
  ) -> Bool {
    let expected: WireType =
      switch unsafe field.pointee.type {
      case PROTOBUF_C_TYPE_STRING, PROTOBUF_C_TYPE_BYTES, PROTOBUF_C_TYPE_MESSAGE: .bytes
      case PROTOBUF_C_TYPE_FIXED32, PROTOBUF_C_TYPE_SFIXED32, PROTOBUF_C_TYPE_FLOAT: .fixed32
      case PROTOBUF_C_TYPE_FIXED64, PROTOBUF_C_TYPE_SFIXED64, PROTOBUF_C_TYPE_DOUBLE: .fixed64
      default: .varint
      }
    if found.type == expected { return true }
    return unsafe found.type == .bytes && field.pointee.label == PROTOBUF_C_LABEL_REPEATED
  }

  private static func problem(
    _ field: UnsafePointer<ProtobufCFieldDescriptor>, _ problem: String
  ) -> DecodingError {
    let name = unsafe name(field)
    return DecodingError("`\(name)` \(problem)", field: name)
  }

  private static func name(_ field: UnsafePointer<ProtobufCFieldDescriptor>) -> String {
    unsafe String(cString: field.pointee.name)
  }
}
