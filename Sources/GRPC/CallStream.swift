internal import Messages
internal import RPC

/// What is known of one open stream; reused from stream to stream.
final class CallStream {
  /// The state of a call.
  enum Phase {
    case idle
    case fields
    /// The only message of the request is being received.
    case message
    /// Refused, or ended by its owner, but not answered because the peer has not ended it. What
    /// still arrives is counted and dropped.
    case refused
    /// Waits to be taken.
    case ready
    case taken
    /// Taken, and a stream in one direction or both, so that events report on it.
    case open
    /// Answered or reset; what still arrives is dropped.
    case settled
  }

  /// Every gRPC message has a flag and a length before it.
  static let prefixByteCount = 5
  /// The storage that an empty buffer keeps for the next message, in bytes.
  static let keptByteCount = 4 << 10

  var id: UInt32 = 0
  var phase = Phase.idle
  var fields = RequestFields()
  /// The content length of all DATA frames, if the request gives it.
  var contentByteCount: Int?
  /// The content that has arrived in DATA frames.
  var receivedByteCount = 0

  private(set) var prefixReceived = 0
  private(set) var prefixFlag: UInt8 = 0
  /// The declared length of the message.
  private(set) var messageByteCount = 0
  /// What counts in the connection's `unfinishedBytes`: the declared length of the message or, for
  /// a stream, the peak size of the buffered messages since the buffer was empty.
  var reservedByteCount = 0
  /// The only message, or all arrived messages of a stream that were not taken, with prefixes.
  var message = ByteBuffer()

  /// Whether the caller sends its messages as a stream.
  var streamsRequests = false
  /// Whether the caller has sent its last message.
  var isInputEnded = false
  /// The length of the message at the front of `message` with its prefix; zero until the prefix has
  /// arrived and been judged.
  var headByteCount = 0
  /// How many bytes of DATA frames have been given back to the stream's window.
  var creditedByteCount = 0
  /// Whether the owner has found no message and waits for one.
  var awaitsMessage = false

  /// The answer to a refused request, until it is given.
  var refusal: EarlyAnswer?
  /// Whether the answer has been held for some time.
  var isOverdue = false
  /// The length of the DATA frames that came after a refusal, padding included.
  var discardedByteCount = 0

  /// The part of the answer, with prefixes, that has not been sent.
  var response = ByteBuffer()
  /// What `response` holds.
  var unsentByteCount = 0
  /// What counts in the connection's `unreadBytes`: the peak size of `response` since it was empty,
  /// because its storage does not shrink earlier.
  var responseByteCount = 0
  /// Whether header fields were sent before the messages, so that the status comes in trailers.
  var isAnswering = false
  /// Whether libnghttp2 must be told when there are more bytes.
  var isDeferred = false
  /// Whether `response` ends with the last message, so that the trailers follow it.
  var isEnding = false
  /// Whether the answer is plain HTTP, without trailers.
  var isPlain = false
  /// The status in the trailers; `nil` for success.
  var failure: Status?
  /// Whether the owner has found no room and waits for it.
  var awaitsRoom = false
  /// Whether the owner has ended the call.
  var isAnswered = false

  /// What the connection's `allocatedBytes` counts for this stream: the storage of each buffer.
  var fieldsCapacity = 0
  var messageCapacity = 0
  var responseCapacity = 0

  /// Whether the owner can neither send nor receive any more.
  var isOver: Bool { phase == .settled || phase == .refused }

  /// Whether a whole message of a stream can be taken.
  var hasWholeMessage: Bool { headByteCount > 0 && message.count >= headByteCount }

  /// The flag and the length at the front of `bytes`.
  static func prefix(of bytes: Span<UInt8>) -> (flag: UInt8, byteCount: Int) {
    var count = 0
    for offset in 1..<prefixByteCount { count = count << 8 | Int(bytes[offset]) }
    return (bytes[0], count)
  }

  func receivePrefix(_ byte: UInt8) {
    if prefixReceived == 0 {
      prefixFlag = byte
    } else {
      messageByteCount = messageByteCount << 8 | Int(byte)
    }
    prefixReceived += 1
  }

  /// Prepares the object for another stream.
  func reset() {
    id = 0
    phase = .idle
    fields.reset()
    contentByteCount = nil
    receivedByteCount = 0
    prefixReceived = 0
    prefixFlag = 0
    messageByteCount = 0
    streamsRequests = false
    isInputEnded = false
    headByteCount = 0
    creditedByteCount = 0
    awaitsMessage = false
    refusal = nil
    isOverdue = false
    discardedByteCount = 0
    if unsentByteCount > 0 { _ = response.removeAll(keeping: Self.keptByteCount) }
    unsentByteCount = 0
    responseByteCount = 0
    isAnswering = false
    isDeferred = false
    isEnding = false
    isPlain = false
    failure = nil
    awaitsRoom = false
    isAnswered = false
    fieldsCapacity = 0
    messageCapacity = 0
    responseCapacity = 0
  }
}

// Steps on a stream's buffer in one call each: every access to an object's buffer is checked for
// exclusivity at run time, which costs more than a step does.
extension ByteBuffer {
  /// Appends a message with its prefix, and returns the capacity.
  mutating func append(message payload: Span<UInt8>) -> Int {
    append(0)
    append(bigEndian: UInt32(payload.count))
    append(payload)
    return capacity
  }

  /// Moves `count` bytes to the start of `target`.
  mutating func move(_ count: Int, to target: UnsafeMutableRawBufferPointer) {
    // SAFETY: both hold `count` bytes and are apart.
    unsafe bytes.withUnsafeBytes { source in
      unsafe target.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[..<count]))
    }
    consume(count)
  }

  /// Empties the buffer, frees storage of more than `count` bytes, and returns the capacity.
  mutating func removeAll(keeping count: Int) -> Int {
    removeAll()
    shrink(to: count)
    return capacity
  }
}
