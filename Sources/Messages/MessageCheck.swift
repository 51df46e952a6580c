internal import CProtobufC

/// The checks that an encoded message must pass before protobuf-c may decode it.
///
/// protobuf-c recurses as deep as its input says, cuts a string at an embedded NUL, accepts any
/// bytes as UTF-8, and merges a repeated submessage in a way that loses fields. Each of these can
/// end the process or change what a name identifies. So such a message is refused here, in one pass
/// without an allocation, with the descriptors that protoc-c generated.
///
/// The limit on fields bounds the cost of decoding; an element of a packed field counts as one.
enum MessageCheck {
  /// Throws the first error in `bytes` as an encoded message of `descriptor`.
  static func check(
    _ bytes: Span<UInt8>, against descriptor: UnsafePointer<ProtobufCMessageDescriptor>,
    limits: DecodeLimits
  ) throws(DecodingError) {
    var fields = 0
    unsafe try check(bytes, against: descriptor, limits: limits, depth: 1, fields: &fields)
  }

  private static func check(
    _ bytes: Span<UInt8>, against descriptor: UnsafePointer<ProtobufCMessageDescriptor>,
    limits: DecodeLimits, depth: Int, fields: inout Int
  ) throws(DecodingError) {
    guard depth <= limits.depth else {
      throw DecodingError("messages are nested deeper than \(limits.depth) levels")
    }
    var reader = WireReader(bytes)
    var seen: UInt64 = 0
    var enumElements = InlineArray<64, UInt16>(repeating: 0)
    while true {
      let next: WireField?
      do { next = try reader.next() } catch { throw DecodingError(error.reason) }
      guard let found = next else { return }
      fields += 1
      guard fields <= limits.fields else { throw tooMany(limits) }
      // SAFETY: descriptors are constants of the program; the field, when found, is one of theirs.
      guard
        let field = unsafe protobuf_c_message_descriptor_get_field(descriptor, found.number)
      else {
        if limits.refusesUnknownFields { throw unsafe unknown(found.number, in: descriptor) }
        continue
      }
      guard unsafe matches(found, field) else {
        throw unsafe problem(field, "is encoded as another type")
      }
      if unsafe field.pointee.label == PROTOBUF_C_LABEL_REPEATED {
        let elements = unsafe try countElements(found, field, atMost: limits.fields - fields)
        fields += max(0, elements - 1)
        guard fields <= limits.fields else { throw tooMany(limits) }
        if unsafe limits.boundsEnumLists && field.pointee.type == PROTOBUF_C_TYPE_ENUM {
          let index = unsafe (field - descriptor.pointee.fields) & 63
          let most = unsafe valueCount(field)
          let total = Int(enumElements[index]) + elements
          guard total <= most else {
            throw unsafe problem(field, "holds more elements than there are values, \(most)")
          }
          enumElements[index] = UInt16(total)
        }
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
          found.bytes, against: inner.assumingMemoryBound(to: ProtobufCMessageDescriptor.self),
          limits: limits, depth: depth + 1, fields: &fields)
      default: break
      }
    }
  }

  /// The elements in one occurrence of a repeated field. A packed occurrence may hold several; the
  /// result is more than `most` if it holds more than that.
  private static func countElements(
    _ found: WireField, _ field: UnsafePointer<ProtobufCFieldDescriptor>, atMost most: Int
  ) throws(DecodingError) -> Int {
    let type = unsafe wireType(of: field)
    guard found.type == .bytes, type != .bytes else { return 1 }
    var reader = WireReader(found.bytes)
    var count = 0
    do throws(WireError) {
      while reader.offset < found.bytes.count, count <= most {
        switch type {
        case .fixed64: _ = try reader.fixed(8)
        case .fixed32: _ = try reader.fixed(4)
        default: _ = try reader.varint()
        }
        count += 1
      }
    } catch {
      throw unsafe problem(field, "is malformed: \(error.reason)")
    }
    return count
  }

  /// Whether the field may have this wire type; a repeated number may also be packed.
  private static func matches(
    _ found: WireField, _ field: UnsafePointer<ProtobufCFieldDescriptor>
  ) -> Bool {
    if unsafe wireType(of: field) == found.type { return true }
    return unsafe found.type == .bytes && field.pointee.label == PROTOBUF_C_LABEL_REPEATED
  }

  private static func wireType(of field: UnsafePointer<ProtobufCFieldDescriptor>) -> WireType {
    switch unsafe field.pointee.type {
    case PROTOBUF_C_TYPE_STRING, PROTOBUF_C_TYPE_BYTES, PROTOBUF_C_TYPE_MESSAGE: .bytes
    case PROTOBUF_C_TYPE_FIXED32, PROTOBUF_C_TYPE_SFIXED32, PROTOBUF_C_TYPE_FLOAT: .fixed32
    case PROTOBUF_C_TYPE_FIXED64, PROTOBUF_C_TYPE_SFIXED64, PROTOBUF_C_TYPE_DOUBLE: .fixed64
    default: .varint
    }
  }

  /// The number of values in the enum of a field.
  private static func valueCount(_ field: UnsafePointer<ProtobufCFieldDescriptor>) -> Int {
    // SAFETY: the descriptor of a field of this type is its enum's.
    guard let found = unsafe field.pointee.descriptor else { return 0 }
    let values = unsafe found.assumingMemoryBound(to: ProtobufCEnumDescriptor.self)
    return Int(unsafe values.pointee.n_values)
  }

  private static func tooMany(_ limits: DecodeLimits) -> DecodingError {
    DecodingError("a request holds more than \(limits.fields) fields")
  }

  private static func unknown(
    _ number: UInt32, in descriptor: UnsafePointer<ProtobufCMessageDescriptor>
  ) -> DecodingError {
    let name = unsafe String(cString: descriptor.pointee.short_name)
    var error = DecodingError("`\(name)` holds the field \(number), which is not known")
    error.isUnknownField = true
    return error
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
