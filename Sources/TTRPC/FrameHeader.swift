/// The ten bytes before every ttrpc frame, big-endian: the length of the data, the stream, the type
/// and the flags.
struct FrameHeader {
  /// The length of the header in bytes.
  static let byteCount = 10
  /// The most data that a frame may carry by the protocol, in bytes.
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
