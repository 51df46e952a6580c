internal import Messages
internal import RPC

/// What is known of one open stream; reused from stream to stream.
final class CallStream {
  /// How far a call has come.
  enum Phase {
    case idle
    case fields
    /// The only message of the request is being received.
    case message
    /// Refused or ended by its owner, and not answered yet, because the peer has not ended it: what
    /// still arrives is counted and dropped.
    case refused
    /// Waits to be taken.
    case ready
    case taken
    /// Taken, and a stream in one direction or both: events tell of it.
    case open
    /// Answered, or reset: what still arrives is dropped.
    case settled
  }

  /// A flag and a length stand before every message of gRPC.
  static let prefixByteCount = 5
  /// The storage that an empty buffer keeps for the next message, in bytes.
  static let keptByteCount = 4 << 10

  var id: UInt32 = 0
  var phase = Phase.idle
  var fields = RequestFields()
  /// What will come in DATA frames, where the request says so.
  var contentByteCount: Int?
  /// All that came in them.
  var receivedByteCount = 0

  private(set) var prefixReceived = 0
  private(set) var prefixFlag: UInt8 = 0
  /// The declared length of the message.
  private(set) var messageByteCount = 0
  /// How much counts in the connection's `unfinishedBytes`: the declared length of the message, or
  /// the most that the buffered messages have been since there were none.
  var reservedByteCount = 0
  /// The only message, or, of a stream of them, all that has come and was not taken, with prefixes.
  var message = ByteBuffer()

  /// Whether the caller sends its messages as a stream.
  var streamsRequests = false
  /// Whether the caller has sent its last message.
  var isInputEnded = false
  /// The length of the message at the front of `message`, its prefix included; zero until the
  /// prefix has come and been judged.
  var headByteCount = 0
  /// How many of the bytes in DATA frames the stream's window has been opened again for.
  var creditedByteCount = 0
  /// Whether the owner has found nothing to take and waits for it.
  var awaitsMessage = false

  /// The answer to a refused request, until it is given.
  var refusal: EarlyAnswer?
  /// Whether it has been held for some time.
  var isOverdue = false
  /// The length of the DATA frames that came after a refusal, padding included.
  var discardedByteCount = 0

  /// The answer with its prefixes, as far as it has not been sent.
  var response = ByteBuffer()
  /// What `response` holds.
  var unsentByteCount = 0
  /// How much counts in the connection's `unreadBytes`: the most that `response` has held since it
  /// was empty, because its storage does not shrink before.
  var responseByteCount = 0
  /// Whether header fields went before the messages, so that the status comes in trailers.
  var isAnswering = false
  /// Whether libnghttp2 waits to be told of further bytes.
  var isDeferred = false
  /// Whether the last message is in `response` and the trailers follow it.
  var isEnding = false
  /// Whether the answer is one of HTTP alone, without trailers.
  var isPlain = false
  /// The status in the trailers; `nil` for success.
  var failure: Status?
  /// Whether the owner has found no room and waits for it.
  var awaitsRoom = false
  /// Whether the owner has ended the call.
  var isAnswered = false

  /// What the connection's `allocatedBytes` counts of this stream: the storage of each buffer.
  var fieldsCapacity = 0
  var messageCapacity = 0
  var responseCapacity = 0

  /// Whether the owner has nothing more to say or to hear.
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

  /// Makes ready for another stream.
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

// Steps on a stream's buffer in one piece: each use of an object's buffer is checked for
// exclusivity when it runs, which costs more than a step does.
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

  /// Forgets everything, with storage of more than `count` bytes, and returns the capacity.
  mutating func removeAll(keeping count: Int) -> Int {
    removeAll()
    shrink(to: count)
    return capacity
  }
}
