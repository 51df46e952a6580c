internal import Messages

/// The nine bytes before every HTTP/2 frame (RFC 9113, section 4.1), and for a PRIORITY frame the
/// stream that it depends on.
struct FrameHeader {
  static let byteCount = 9

  var length: Int
  var type: UInt8
  var flags: UInt8
  var stream: UInt32
  /// The stream that a PRIORITY frame of the right length names.
  var dependency: UInt32?

  /// How many of `bytes` a header takes, with the part of the payload that is read here; `nil` if
  /// there are too few to tell.
  static func byteCount(_ bytes: Span<UInt8>) -> Int? {
    guard bytes.count >= byteCount else { return nil }
    let isPriority = bytes[3] == FrameType.priority && bytes[2] == 5 && bytes[1] == 0
    return isPriority && bytes[0] == 0 ? byteCount + 4 : byteCount
  }

  init(length: Int, type: UInt8, flags: UInt8, stream: UInt32) {
    self.length = length
    self.type = type
    self.flags = flags
    self.stream = stream
  }

  /// Reads the header at the front of `bytes`, which hold it.
  init(_ bytes: Span<UInt8>) {
    length = Int(bytes[0]) << 16 | Int(bytes[1]) << 8 | Int(bytes[2])
    type = bytes[3]
    flags = bytes[4]
    stream = Self.identifier(bytes, at: 5)
    if Self.byteCount(bytes) != Self.byteCount { dependency = Self.identifier(bytes, at: 9) }
  }

  func encode(into buffer: inout ByteBuffer) {
    buffer.append(UInt8(truncatingIfNeeded: length >> 16))
    buffer.append(UInt8(truncatingIfNeeded: length >> 8))
    buffer.append(UInt8(truncatingIfNeeded: length))
    buffer.append(type)
    buffer.append(flags)
    buffer.append(bigEndian: stream)
  }

  private static func identifier(_ bytes: Span<UInt8>, at index: Int) -> UInt32 {
    let high = UInt32(bytes[index] & 0x7f) << 24 | UInt32(bytes[index + 1]) << 16
    return high | UInt32(bytes[index + 2]) << 8 | UInt32(bytes[index + 3])
  }
}

/// The types of frames that are inspected here.
enum FrameType {
  static let data: UInt8 = 0
  static let headers: UInt8 = 1
  static let priority: UInt8 = 2
  static let reset: UInt8 = 3
  static let settings: UInt8 = 4
  static let pushPromise: UInt8 = 5
  static let ping: UInt8 = 6
  static let goAway: UInt8 = 7
  static let windowUpdate: UInt8 = 8
  static let continuation: UInt8 = 9
}

/// The flags of frames that are inspected here.
enum FrameFlags {
  static let endStream: UInt8 = 1
  static let acknowledgement: UInt8 = 1
  static let endHeaders: UInt8 = 4
  static let padded: UInt8 = 8
  static let priority: UInt8 = 0x20
}

/// Finds where frames begin in the bytes of a connection, however the reads split them.
struct FrameScanner: ~Copyable {
  /// What happens to a frame.
  enum Fate {
    /// libnghttp2 gets it.
    case pass
    /// It is discarded.
    case drop
    /// It is part of a header block that is assembled first.
    case collect
  }

  /// The length of the client's preface, which comes before the first frame.
  private static let prefaceByteCount = 24

  /// The bytes of the present frame, or of the preface, that have not arrived.
  private(set) var payloadLeft = prefaceByteCount
  private(set) var fate = Fate.pass
  /// A header that has arrived in part.
  private(set) var partial = ByteBuffer()

  mutating func begin(_ header: FrameHeader, read byteCount: Int, _ fate: Fate) {
    payloadLeft = header.length - (byteCount - FrameHeader.byteCount)
    self.fate = fate
    partial.removeAll()
  }

  mutating func advance(_ count: Int) { payloadLeft -= count }

  /// Keeps the start of a header, and returns how many of `bytes` it took and whether the header is
  /// whole.
  mutating func keep(_ bytes: Span<UInt8>) -> (count: Int, isWhole: Bool) {
    var count = 0
    while true {
      if let wanted = FrameHeader.byteCount(partial.bytes), partial.count == wanted {
        return (count, true)
      }
      guard count < bytes.count else { return (count, false) }
      partial.append(bytes[count])
      count += 1
    }
  }
}
