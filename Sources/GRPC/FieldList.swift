internal import CNghttp2
internal import Messages
internal import RPC

/// The header fields of one failure, assembled in buffers that are reused.
struct FieldList: ~Copyable {
  private static let capacity = 6
  /// The most bytes of a status's message that `grpc-message` carries.
  private static let messageBytesMaximum = 1 << 10
  /// The most bytes of details that `grpc-status-details-bin` carries. Longer details are left out,
  /// because a client refuses a header list of more than about 8 KiB as a whole.
  private static let detailsBytesMaximum = 3 << 10

  /// The values, one after the other.
  private var values = ByteBuffer()
  private var details = ByteBuffer()
  private var names: [6 of StaticString] = .init(repeating: "")
  /// Where each value ends.
  private var ends: [6 of Int] = .init(repeating: 0)
  private var count = 0

  mutating func removeAll() {
    values.removeAll()
    count = 0
  }

  mutating func append(_ name: StaticString, _ value: String) {
    values.append(value)
    end(name)
  }

  /// Appends a number of at most three digits.
  mutating func append(_ name: StaticString, number: Int) {
    if number >= 100 { values.append(digit(number / 100)) }
    if number >= 10 { values.append(digit(number / 10 % 10)) }
    values.append(digit(number % 10))
    end(name)
  }

  /// Appends text in the form of `grpc-message`: everything but printable ASCII, and `%`, becomes
  /// `%` and two digits.
  mutating func append(_ name: StaticString, percentEncoding text: String) {
    let bytes = text.utf8Span.span
    var length = min(bytes.count, Self.messageBytesMaximum)
    while length < bytes.count, bytes[length] & 0xc0 == 0x80 { length -= 1 }
    for index in 0..<length {
      let byte = bytes[index]
      if byte >= 0x20, byte <= 0x7e, byte != UInt8(ascii: "%") {
        values.append(byte)
      } else {
        values.append(UInt8(ascii: "%"))
        values.append(digit(Int(byte >> 4)))
        values.append(digit(Int(byte & 0x0f)))
      }
    }
    end(name)
  }

  /// Appends the fields that say why a call failed.
  mutating func append(_ status: Status) {
    append("grpc-status", number: Int(status.code.rawValue))
    if !status.message.isEmpty { append("grpc-message", percentEncoding: status.message) }
    if status.code == .unimplemented { append("grpc-accept-encoding", "identity") }
    if !status.reason.isEmpty || !status.metadata.isEmpty {
      append("grpc-status-details-bin", details: status)
    }
  }

  /// Appends `status` as an encoded `google.rpc.Status`, unless it is too large.
  mutating func append(_ name: StaticString, details status: Status) {
    details.removeAll()
    status.encode(into: &details)
    guard details.count <= Self.detailsBytesMaximum else { return }
    Self.encode(details, into: &values)
    end(name)
  }

  // Static, so that one buffer is borrowed while the other changes.
  private static func encode(_ details: borrowing ByteBuffer, into values: inout ByteBuffer) {
    Base64.encode(details.bytes, as: .unpadded, into: &values)
  }

  /// Lends all fields for the duration of the call.
  func withFields(_ use: (UnsafeBufferPointer<nghttp2_nv>) -> Void) {
    // SAFETY: names are static text, values belong to `values`, and both outlive the call.
    unsafe values.bytes.withUnsafeBufferPointer { values in
      unsafe withUnsafeTemporaryAllocation(of: nghttp2_nv.self, capacity: Self.capacity) { fields in
        guard let text = values.baseAddress else { return }
        var start = 0
        for index in 0..<count {
          unsafe fields.initializeElement(
            at: index,
            to: nghttp2_nv(
              name: UnsafeMutablePointer(mutating: names[index].utf8Start),
              value: UnsafeMutablePointer(mutating: text + start),
              namelen: names[index].utf8CodeUnitCount, valuelen: ends[index] - start,
              flags: UInt8(NGHTTP2_NV_FLAG_NO_COPY_NAME.rawValue)))
          start = ends[index]
        }
        unsafe use(UnsafeBufferPointer(rebasing: fields[..<count]))
      }
    }
  }

  private mutating func end(_ name: StaticString) {
    names[count] = name
    ends[count] = values.count
    count += 1
  }

  private func digit(_ value: Int) -> UInt8 {
    UInt8(value < 10 ? 0x30 + value : 0x41 + value - 10)
  }
}

/// The header fields of every successful answer, built once: libnghttp2 neither copies nor frees
/// them.
enum FixedFields {
  // SAFETY: never written after they are made, never freed, and made of static text.
  nonisolated(unsafe) static let response = unsafe make([
    (":status", "200"), ("content-type", "application/grpc"),
  ])
  nonisolated(unsafe) static let trailers = unsafe make([("grpc-status", "0")])

  private static func make(
    _ fields: [(StaticString, StaticString)]
  ) -> UnsafeBufferPointer<nghttp2_nv> {
    let made = UnsafeMutableBufferPointer<nghttp2_nv>.allocate(capacity: fields.count)
    for (index, field) in fields.enumerated() {
      unsafe made.initializeElement(
        at: index,
        to: nghttp2_nv(
          name: UnsafeMutablePointer(mutating: field.0.utf8Start),
          value: UnsafeMutablePointer(mutating: field.1.utf8Start),
          namelen: field.0.utf8CodeUnitCount, valuelen: field.1.utf8CodeUnitCount,
          flags: UInt8(
            NGHTTP2_NV_FLAG_NO_COPY_NAME.rawValue | NGHTTP2_NV_FLAG_NO_COPY_VALUE.rawValue)))
    }
    return UnsafeBufferPointer(made)
  }
}
