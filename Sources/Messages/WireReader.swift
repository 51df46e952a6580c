/// Reads the fields of one encoded protobuf message in place, without a copy or an allocation.
///
/// The reader knows no schema. It yields every field in the order of the wire; its user picks the
/// numbers it knows, skips the others, and lets the last of a repeated singular field win. It is
/// stricter than the encoding's specification: it refuses what no encoder writes, so that two
/// readers can't read one message as two different ones.
///
/// This is the hottest code of the daemon. One-byte tags and lengths, which are nearly all, are
/// inlined into the caller; longer varints are not.
public struct WireReader: ~Escapable {
  @usableFromInline let bytes: Span<UInt8>
  @usableFromInline var position: Int

  /// Starts at the first of `bytes`, which hold one whole message.
  @inlinable
  @_lifetime(copy bytes)
  public init(_ bytes: Span<UInt8>) {
    self.bytes = bytes
    self.position = 0
  }

  /// How many bytes have been read; after a length-delimited field, the end of its content.
  @inlinable
  public var offset: Int { position }

  /// The next field, or `nil` at the end of the message.
  ///
  /// After an error the reader's position has no meaning.
  @inlinable
  @_lifetime(copy self)
  public mutating func next() throws(WireError) -> WireField? {
    guard position < bytes.count else { return nil }
    let tag = try varint()
    guard tag <= UInt64(UInt32.max) else { throw .fieldNumber }
    let number = UInt32(truncatingIfNeeded: tag) &>> 3
    guard number != 0 else { throw .fieldNumber }
    switch tag & 7 {
    case 2:
      let length = try varint()
      let end = try advance(length)
      // SAFETY: `advance` has checked that `length` bytes lie between the old position and `end`.
      let content = unsafe bytes.extracting(
        unchecked: Range(uncheckedBounds: (end &- Int(truncatingIfNeeded: length), end)))
      return WireField(number: number, type: .bytes, integer: 0, bytes: content)
    case 0:
      let value = try varint()
      return WireField(number: number, type: .varint, integer: value, bytes: Span())
    case 1:
      let value = try fixed(8)
      return WireField(number: number, type: .fixed64, integer: value, bytes: Span())
    case 5:
      let value = try fixed(4)
      return WireField(number: number, type: .fixed32, integer: value, bytes: Span())
    default:
      throw .wireType
    }
  }

  @inlinable
  @inline(__always)
  mutating func varint() throws(WireError) -> UInt64 {
    guard position < bytes.count else { throw .truncated }
    // SAFETY: the position is never negative, and the guard keeps it below the end.
    let first = unsafe bytes[unchecked: position]
    guard first >= 0x80 else {
      position &+= 1
      return UInt64(first)
    }
    return try longVarint()
  }

  /// A varint of two to ten bytes; the tenth holds one bit.
  @usableFromInline
  @inline(never)
  mutating func longVarint() throws(WireError) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      if shift == 63, byte > 1 { throw .varint }
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    throw .truncated
  }

  /// Moves past `length` bytes and returns the new position.
  @inlinable
  @inline(__always)
  mutating func advance(_ length: UInt64) throws(WireError) -> Int {
    guard length <= UInt64(truncatingIfNeeded: bytes.count &- position) else { throw .truncated }
    position &+= Int(truncatingIfNeeded: length)
    return position
  }

  /// A little-endian integer of `count` bytes.
  @usableFromInline
  @inline(never)
  mutating func fixed(_ count: Int) throws(WireError) -> UInt64 {
    let end = try advance(UInt64(count))
    var value: UInt64 = 0
    for index in stride(from: end - 1, through: end - count, by: -1) {
      value = value << 8 | UInt64(bytes[index])
    }
    return value
  }
}

/// One field of an encoded message, borrowed from it.
public struct WireField: ~Escapable {
  /// The field's number, which is never zero.
  public let number: UInt32
  /// How the value is encoded, which also says which of the two properties below holds it.
  public let type: WireType
  /// The value of a varint or a fixed-width field, the latter zero-extended; otherwise zero.
  public let integer: UInt64
  /// The content of a length-delimited field; otherwise empty.
  public let bytes: Span<UInt8>

  @inlinable
  @_lifetime(copy bytes)
  init(number: UInt32, type: WireType, integer: UInt64, bytes: Span<UInt8>) {
    self.number = number
    self.type = type
    self.integer = integer
    self.bytes = bytes
  }
}

/// How a field's value is encoded. Groups (3 and 4), which proto3 does not have, are refused.
public enum WireType: UInt8, Sendable {
  /// A base-128 integer.
  case varint = 0
  /// Eight bytes, little-endian.
  case fixed64 = 1
  /// A length and that many bytes.
  case bytes = 2
  /// Four bytes, little-endian.
  case fixed32 = 5
}

/// Why bytes are not an encoded protobuf message.
public enum WireError: Error, Sendable {
  /// The message ends inside a field.
  case truncated
  /// A varint has more than ten bytes or more than 64 bits.
  case varint
  /// A field number is zero or larger than the format allows.
  case fieldNumber
  /// A field has a wire type that proto3 does not use.
  case wireType

  /// A few words for a message, in lower case.
  public var reason: String {
    switch self {
    case .truncated: "the message ends inside a field"
    case .varint: "a varint is too long"
    case .fieldNumber: "a field number is out of range"
    case .wireType: "a field has an unknown wire type"
    }
  }
}
