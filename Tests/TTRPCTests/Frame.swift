/// Frames and envelopes written by hand, so that the tests don't trust the encoder under test.
enum Frame {
  static func header(length: UInt32, stream: UInt32, type: UInt8, flags: UInt8 = 0) -> [UInt8] {
    bigEndian(length) + bigEndian(stream) + [type, flags]
  }

  static func raw(stream: UInt32, type: UInt8, flags: UInt8 = 0, body: [UInt8] = []) -> [UInt8] {
    header(length: UInt32(body.count), stream: stream, type: type, flags: flags) + body
  }

  static func request(_ stream: UInt32, flags: UInt8 = 0, _ body: [UInt8]? = nil) -> [UInt8] {
    raw(stream: stream, type: 1, flags: flags, body: body ?? envelope())
  }

  /// A Data frame: flags 1 for the last message, 5 for the end without one.
  static func data(_ stream: UInt32, flags: UInt8 = 0, _ body: [UInt8] = []) -> [UInt8] {
    raw(stream: stream, type: 3, flags: flags, body: body)
  }

  static func envelope(
    service: String = "postern.v1.TokenService", method: String = "ValidateToken",
    payload: [UInt8] = [1, 2, 3], timeout: Int64? = nil, metadata: [(String, String)] = []
  ) -> [UInt8] {
    var bytes = field(1, Array(service.utf8)) + field(2, Array(method.utf8)) + field(3, payload)
    if let timeout { bytes += [0x20] + varint(UInt64(bitPattern: timeout)) }
    for (key, value) in metadata {
      bytes += field(5, field(1, Array(key.utf8)) + field(2, Array(value.utf8)))
    }
    return bytes
  }

  static func field(_ number: UInt64, _ content: [UInt8]) -> [UInt8] {
    varint(number << 3 | 2) + varint(UInt64(content.count)) + content
  }

  static func varint(_ value: UInt64) -> [UInt8] {
    value < 0x80 ? [UInt8(value)] : [UInt8(value & 0x7f) | 0x80] + varint(value >> 7)
  }

  private static func bigEndian(_ value: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }
}
