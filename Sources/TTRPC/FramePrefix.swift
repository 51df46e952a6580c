internal import Messages
internal import RPC

/// The bytes before the payload in a frame, built on the stack and appended in one piece: the
/// header, and for an envelope with a single length-delimited field, that field's tag and length.
struct FramePrefix {
  private var bytes = InlineArray<16, UInt8>(repeating: 0)
  private var count = FrameHeader.byteCount

  /// The prefix of a frame with `length` bytes of data.
  init(length: Int, stream: UInt32, type: UInt8, flags: UInt8 = 0) {
    precondition(length >= 0 && length <= FrameHeader.maximumLength, "a frame is too long")
    put(UInt32(truncatingIfNeeded: length), at: 0)
    put(stream, at: 4)
    bytes[8] = type
    bytes[9] = flags
  }

  /// The prefix of a frame with one field of `length` bytes.
  init(field: UInt8, length: Int, stream: UInt32, type: UInt8) {
    self.init(
      length: FramePrefix.fieldByteCount(length), stream: stream, type: type)
    append(field << 3 | 2)
    var rest = UInt32(truncatingIfNeeded: length)
    while rest > 0x7f {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(truncatingIfNeeded: rest))
  }

  /// The bytes of a length-delimited field with a one-byte tag and `length` bytes of content.
  static func fieldByteCount(_ length: Int) -> Int { 1 + varintByteCount(UInt64(length)) + length }

  /// The bytes of `value` as a varint.
  static func varintByteCount(_ value: UInt64) -> Int {
    (70 - (value | 1).leadingZeroBitCount) / 7
  }

  func encode(into buffer: inout ByteBuffer) { buffer.append(bytes.span.extracting(first: count)) }

  private mutating func append(_ byte: UInt8) {
    bytes[count] = byte
    count += 1
  }

  private mutating func put(_ value: UInt32, at index: Int) {
    bytes[index] = UInt8(truncatingIfNeeded: value >> 24)
    bytes[index + 1] = UInt8(truncatingIfNeeded: value >> 16)
    bytes[index + 2] = UInt8(truncatingIfNeeded: value >> 8)
    bytes[index + 3] = UInt8(truncatingIfNeeded: value)
  }
}

/// The ten bytes before every ttrpc frame, big-endian: the length of the data, the stream, the type
/// and the flags.
struct FrameHeader {
  /// The length of the header in bytes.
  static let byteCount = 10
  /// The most data that the protocol allows in a frame, in bytes.
  static let maximumLength = 4 << 20

  static let request: UInt8 = 1
  static let response: UInt8 = 2
  static let data: UInt8 = 3

  /// The sender will send no more on this stream.
  static let remoteClosed: UInt8 = 1
  /// The sender will send Data frames on this stream.
  static let remoteOpen: UInt8 = 2
  /// The frame holds no message, not even an empty one.
  static let noData: UInt8 = 4

  let length: Int
  let stream: UInt32
  let type: UInt8
  let flags: UInt8

  /// Reads the header at the front of `bytes`; `nil` while it is incomplete.
  init?(_ bytes: Span<UInt8>) {
    guard bytes.count >= FrameHeader.byteCount else { return nil }
    length = Int(FrameHeader.integer(bytes, at: 0))
    stream = FrameHeader.integer(bytes, at: 4)
    type = bytes[8]
    flags = bytes[9]
  }

  private static func integer(_ bytes: Span<UInt8>, at index: Int) -> UInt32 {
    UInt32(bytes[index]) << 24 | UInt32(bytes[index + 1]) << 16
      | UInt32(bytes[index + 2]) << 8 | UInt32(bytes[index + 3])
  }
}

/// What happened to the frame at the front of the input.
enum FrameStep {
  /// It is handled, and the owner gets an event.
  case event(FramingEvent)
  /// It is handled.
  case done
  /// It has not arrived completely.
  case incomplete
}
