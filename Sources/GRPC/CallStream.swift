internal import Messages

/// What is known of one open stream; reused from stream to stream.
final class CallStream {
  /// How far a call has come.
  enum Phase {
    case idle
    case fields
    case message
    /// Refused, and not answered yet: what still arrives is counted and dropped.
    case refused
    case complete
    case taken
    /// Answered, or reset: what still arrives is dropped.
    case settled

    /// Whether a call has begun and has not been taken.
    var isBegun: Bool {
      self == .fields || self == .message || self == .refused || self == .complete
    }
  }

  /// A flag and a length stand before every message of gRPC.
  static let prefixByteCount = 5
  /// The storage that an empty buffer keeps for the next stream, in bytes.
  static let keptByteCount = 4 << 10

  var id: UInt32 = 0
  var phase = Phase.idle
  var fields = RequestFields()
  /// All that came in DATA frames.
  var receivedByteCount = 0

  private(set) var prefixReceived = 0
  private(set) var prefixFlag: UInt8 = 0
  /// The declared length of the message.
  private(set) var messageByteCount = 0
  /// How much of it counts in the connection's `unfinishedBytes`.
  var reservedByteCount = 0
  var message = ByteBuffer()

  /// The answer to a refused request, until it is given.
  var refusal: Refusal?
  /// The length of the DATA frames that came after a refusal, padding included.
  var discardedByteCount = 0

  /// The answer with its prefix, as far as it has not been sent.
  var response = ByteBuffer()
  /// What `response` held at first.
  var responseByteCount = 0

  func receivePrefix(_ byte: UInt8) {
    if prefixReceived == 0 {
      prefixFlag = byte
    } else {
      messageByteCount = messageByteCount << 8 | Int(byte)
    }
    prefixReceived += 1
  }

  /// Makes ready for another stream.
  func reset() {
    id = 0
    phase = .idle
    fields.reset()
    receivedByteCount = 0
    prefixReceived = 0
    prefixFlag = 0
    messageByteCount = 0
    refusal = nil
    discardedByteCount = 0
    responseByteCount = 0
    response.removeAll()
    response.shrink(to: Self.keptByteCount)
  }
}
