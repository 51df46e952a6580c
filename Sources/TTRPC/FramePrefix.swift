internal import Messages

/// What stands before the payload in a frame, built on the stack and appended in one piece: the
/// header, and for an envelope with a single length-delimited field, that field's tag and length.
struct FramePrefix {
  private var bytes = InlineArray<16, UInt8>(repeating: 0)
  private var count = FrameHeader.byteCount

  /// A frame whose `length` bytes of data follow.
  init(length: Int, stream: UInt32, type: UInt8, flags: UInt8 = 0) {
    precondition(length >= 0 && length <= FrameHeader.maximumLength, "a frame is too long")
    put(UInt32(truncatingIfNeeded: length), at: 0)
    put(stream, at: 4)
    bytes[8] = type
    bytes[9] = flags
  }

  /// A frame of one field of `length` bytes, which follow.
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

  func append(to buffer: inout ByteBuffer) { buffer.append(bytes.span.extracting(first: count)) }

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
