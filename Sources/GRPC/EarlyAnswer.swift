internal import CNghttp2
internal import RPC

/// The answer to a request that is well-formed HTTP but no call, or a call that is not taken yet.
enum EarlyAnswer {
  case httpStatus(Int)
  case status(Status)
  case success
}

/// Why a connection must end: an error code and a readable reason for the GOAWAY.
struct ConnectionError {
  let code: UInt32
  /// A fixed text without the peer's bytes: it is logged and counted.
  let reason: String

  init(_ code: nghttp2_error_code, _ reason: String) {
    self.code = code.rawValue
    self.reason = reason
  }

  static let frameSize = ConnectionError(
    NGHTTP2_FRAME_SIZE_ERROR, "a frame has a length that its type does not allow")
  static let padding = ConnectionError(
    NGHTTP2_PROTOCOL_ERROR, "a frame has more padding than bytes")
  static let compression = ConnectionError(
    NGHTTP2_COMPRESSION_ERROR, "a header block can't be decoded")
  static let blockBytes = ConnectionError(
    NGHTTP2_ENHANCE_YOUR_CALM,
    "a header block has more than \(HeaderBlock.byteCountMaximum) bytes")
  static let blockFrames = ConnectionError(
    NGHTTP2_ENHANCE_YOUR_CALM,
    "a header block has more than \(HeaderBlock.frameCountMaximum) frames")
  static let blockInterrupted = ConnectionError(
    NGHTTP2_PROTOCOL_ERROR, "a header block was interrupted by another frame")
  static let closedStream = ConnectionError(
    NGHTTP2_STREAM_CLOSED, "a frame came on a stream that its sender had ended")
  static let lowerStream = ConnectionError(
    NGHTTP2_PROTOCOL_ERROR, "a stream was begun with a lower id than one before")
  static let priorityOfConnection = ConnectionError(
    NGHTTP2_PROTOCOL_ERROR, "a PRIORITY frame came on stream 0")
  static let ownPriority = ConnectionError(
    NGHTTP2_PROTOCOL_ERROR, "a stream depends on itself")
  static let acknowledgements = ConnectionError(
    NGHTTP2_ENHANCE_YOUR_CALM, "too many frames to acknowledge")
  static let flood = ConnectionError(
    NGHTTP2_ENHANCE_YOUR_CALM, "too many control frames or resets")
  static let notHTTP2 = ConnectionError(NGHTTP2_PROTOCOL_ERROR, "not HTTP/2")
  static let flowControl = ConnectionError(
    NGHTTP2_FLOW_CONTROL_ERROR, "more bytes came than a window allows, or a window grew too large")
  static let other = ConnectionError(NGHTTP2_PROTOCOL_ERROR, "the frames break the rules of HTTP/2")

  /// The error for a connection that libnghttp2 ends without a reason.
  static func unnamed(_ code: UInt32) -> ConnectionError {
    [frameSize, compression, flowControl].first { $0.code == code } ?? other
  }
}
