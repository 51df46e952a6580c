internal import CNghttp2
internal import Messages
internal import RPC

/// One libnghttp2 server session and the streams on it.
///
/// Owns the stream objects and reuses them. libnghttp2 holds an unretained pointer to an object
/// only while its stream is open, so a late answer to a closed stream finds nothing and is dropped.
/// Callbacks never destroy a stream and never send: they mark, submit and queue.
///
/// A peer can make this hold a bounded amount: streams by `callsInFlight`, unfinished messages by
/// `unfinishedBytes`, answers that it does not read by `unreadBytes`, control frames by `flood`.
/// The rest of a refused request is not kept; `discard` bounds how much of it is read.
///
/// A stream ends once. One that the owner ends is answered and then ignored. One that the peer ends
/// is forgotten. If it was open, a `cancelled` event tells its owner, and what the owner sends
/// before it reaches that event is ignored. The owner of a call that was taken but not opened gets
/// no event, so its id stays in `cancelledCalls` until the answer comes.
@safe
final class HTTP2Connection {
  // SAFETY: `session` is made in `init`, deleted only in `deinit`, and used by one thread.
  let session: OpaquePointer
  let limits: FramingLimits
  let methods: MethodTable
  /// Every stream object; `idleStreams` has those without a stream.
  private(set) var streams: [CallStream] = []
  private var idleStreams: [CallStream] = []
  /// The events that the owner has not taken, from `eventsStart` on.
  var events: [FramingEvent] = []
  private var eventsStart = 0
  /// The call that was taken last, until the next one is taken or its stream ends.
  var current: CallStream?
  /// The stream whose first message was taken, until the framing is used again.
  var messageStream: CallStream?
  /// The stream whose header block is being received.
  var headerStream: CallStream?
  /// Streams with a call that has been neither taken nor answered.
  var begunCalls = 0
  /// Calls that the owner has taken and not answered. Cancelled ones count, so that a peer can't
  /// start more work than `callsInFlight` by cancelling. An open stream counts only until it ends,
  /// because its owner stops at once.
  var takenCalls = 0
  /// The taken calls that the peer has cancelled, in no order.
  var cancelledCalls: [UInt32] = []
  /// The answers that wait for the end of their request.
  var heldAnswers = 0
  /// The dropped bytes of refused requests on open streams.
  var discardedBytes = 0
  /// The declared lengths of the messages that are being received or wait to be taken. A stream of
  /// messages counts with its buffered bytes instead.
  var unfinishedBytes = 0
  /// The peak size of every answer that libnghttp2 has not sent completely, each since it was
  /// empty.
  var unreadBytes = 0
  /// The present size of those answers.
  var unsentBytes = 0
  /// Whether a stream was refused room because all streams together hold too much.
  var isCrowded = false
  /// The storage of all streams in use.
  private(set) var allocatedBytes = 0
  var flood = FloodBudget()
  /// Why the connection must end, once that is known.
  var violation: ProtocolViolation?
  /// The reason to add to a GOAWAY that libnghttp2 sends without one.
  var farewell: String?
  var scanner = FrameScanner()
  var memory: StreamMemory
  /// The header block that is being assembled.
  var block = HeaderBlock()
  /// Whether the block that is being read was longer before libnghttp2 got it.
  var isOversized = false
  /// How many SETTINGS the peer has acknowledged.
  var acknowledgedSettings = 0
  /// Where the fields of a failure are assembled.
  var failureFields = FieldList()
  private var drainsBegun = 0
  /// The last stream that is served, once a GOAWAY has named it.
  private(set) var lastAccepted: UInt32?
  /// Streams above it whose refusal the peer has not been sent.
  var refusedStreams: [UInt32] = []

  /// The largest frame that a peer may send.
  static let frameByteCountMaximum = 16 << 10
  /// The length of a GOAWAY without debug data.
  private static let plainGoAwayByteCount = FrameHeader.byteCount + 8
  private static let drainWord = "the daemon is stopping or being replaced: connect again"

  /// The most bytes that unfinished messages, and that unread answers, may hold.
  let heldBytesMaximum: Int

  init(limits: FramingLimits, methods: MethodTable) {
    self.limits = limits
    self.methods = methods
    memory = StreamMemory(capacity: 2 * limits.callsInFlight)
    heldBytesMaximum = max(16 << 20, 4 * (limits.messageBytes + CallStream.prefixByteCount))
    unsafe session = HTTP2Connection.makeSession()
    unsafe nghttp2_session_set_user_data(session, Unmanaged.passUnretained(self).toOpaque())
    submitSettings()
  }

  deinit { unsafe nghttp2_session_del(session) }

  /// Forgets the current call and the current message.
  func release() {
    releaseTakenMessage()
    releaseCurrentCall()
  }

  func nextEvent() -> FramingEvent? {
    release()
    while eventsStart < events.count {
      let event = events[eventsStart]
      eventsStart += 1
      if eventsStart == events.count {
        events.removeAll(keepingCapacity: true)
        eventsStart = 0
      }
      if isStill(event) { return event }
    }
    return nil
  }

  /// Whether an event still holds when the owner takes it. A `call` event takes the call.
  private func isStill(_ event: FramingEvent) -> Bool {
    switch event {
    case .call(let id):
      // The peer may have cancelled the call since.
      guard let stream = stream(id), stream.phase == .ready else { return false }
      stream.phase = .taken
      begunCalls -= 1
      takenCalls += 1
      current = stream
      return true
    case .readable(let id):
      guard let stream = stream(id), stream.phase == .open else { return false }
      if stream.hasWholeMessage || stream.isInputEnded { return true }
      stream.awaitsMessage = true
      return false
    case .writable(let id): return stream(id)?.phase == .open
    case .cancelled, .answered: return true
    }
  }

  func flush(into output: inout ByteBuffer, limit: Int) {
    // SAFETY: the bytes belong to libnghttp2 until its next call and are copied before.
    while output.count < limit {
      var bytes: UnsafePointer<UInt8>?
      let count = unsafe nghttp2_session_mem_send(session, &bytes)
      guard count > 0, let bytes = unsafe bytes else { return }
      let frame = unsafe Span<UInt8>(_unsafeStart: bytes, count: count)
      if FrameHeader.byteCount(frame) != nil, frame[3] == FrameType.goAway {
        append(goAway: frame, to: &output)
      } else {
        output.append(frame)
        // The library keeps this memory, and the message in it, until the next frame.
        if count > FrameHeader.byteCount, frame[3] == FrameType.data {
          unsafe SecretBlock.wipe(UnsafeMutableRawPointer(mutating: bytes), count: count)
        }
      }
    }
  }

  /// Adds a readable reason to a GOAWAY that has none (RFC 9113, section 6.8).
  private func append(goAway frame: Span<UInt8>, to output: inout ByteBuffer) {
    var header = FrameHeader(frame)
    let code = UInt32(frame[Self.plainGoAwayByteCount - 1])
    guard frame.count == Self.plainGoAwayByteCount else {
      // libnghttp2 has given a reason itself.
      var words = ""
      for index in Self.plainGoAwayByteCount..<frame.count {
        words.unicodeScalars.append(Unicode.Scalar(frame[index]))
      }
      note(words)
      return output.append(frame)
    }
    let word =
      farewell ?? (code == 0 ? Self.drainWord : ConnectionError.unnamed(code).reason)
    if code != 0 { note(word) }
    header.length += word.utf8.count
    header.encode(into: &output)
    output.append(frame.extracting(droppingFirst: FrameHeader.byteCount))
    output.append(word)
  }

  /// Notes why libnghttp2 ends the connection, unless a violation was found here.
  private func note(_ reason: String) {
    if violation == nil { violation = ProtocolViolation(reason) }
  }

  func beginDrain() {
    drainsBegun += 1
    if drainsBegun == 1 {
      unsafe nghttp2_submit_shutdown_notice(session)
    } else if drainsBegun == 2 {
      let last = unsafe nghttp2_session_get_last_proc_stream_id(session)
      lastAccepted = UInt32(bitPattern: last)
      unsafe nghttp2_submit_goaway(session, noFlags, last, NGHTTP2_NO_ERROR.rawValue, nil, 0)
    }
  }

  var isFinished: Bool {
    unsafe nghttp2_session_want_read(session) == 0 && nghttp2_session_want_write(session) == 0
  }

  var openCalls: Int { begunCalls + takenCalls }

  /// The open stream with this id.
  func stream(_ id: UInt32) -> CallStream? {
    // Most often it is this one, which needs no search.
    if let current, current.id == id { return current }
    // SAFETY: only `begin` sets this pointer, to an object that `streams` owns.
    guard let pointer = unsafe nghttp2_session_get_stream_user_data(session, Int32(bitPattern: id))
    else { return nil }
    return unsafe Unmanaged<CallStream>.fromOpaque(pointer).takeUnretainedValue()
  }

  /// Gives a new stream its object.
  func begin(_ id: UInt32) -> CallStream {
    let stream: CallStream
    if let idle = idleStreams.popLast() {
      stream = idle
    } else {
      stream = CallStream()
      streams.append(stream)
    }
    stream.id = id
    stream.phase = .fields
    begunCalls += 1
    unsafe nghttp2_session_set_stream_user_data(
      session, Int32(bitPattern: id), Unmanaged.passUnretained(stream).toOpaque())
    return stream
  }

  /// Takes back the object of a stream that has ended.
  func end(_ stream: CallStream) {
    settle(stream)
    if current === stream { current = nil }
    if headerStream === stream { headerStream = nil }
    unreadBytes -= stream.responseByteCount
    unsentBytes -= stream.unsentByteCount
    discardedBytes -= stream.discardedByteCount
    allocatedBytes -=
      stream.fieldsCapacity + stream.messageCapacity + stream.responseCapacity
    stream.reset()
    idleStreams.append(stream)
    if isCrowded { relieve() }
  }

  /// Settles a stream that ends, or that is answered or reset without its owner.
  func settle(_ stream: CallStream) {
    switch stream.phase {
    case .idle, .settled: break
    case .fields, .message, .ready: begunCalls -= 1
    case .refused:
      begunCalls -= 1
      heldAnswers -= 1
    case .taken: cancelledCalls.append(stream.id)
    case .open:
      takenCalls -= 1
      events.append(.cancelled(stream.id))
    }
    stream.phase = .settled
    releaseMessage(of: stream)
  }

  private func releaseCurrentCall() {
    guard let stream = current else { return }
    current = nil
    if !stream.streamsRequests { releaseMessage(of: stream) }
    stream.fields.forgetCredential()
  }

  /// Forgets what a stream has received.
  func releaseMessage(of stream: CallStream) {
    if messageStream === stream { messageStream = nil }
    guard stream.reservedByteCount > 0 else { return }
    unfinishedBytes -= stream.reservedByteCount
    stream.reservedByteCount = 0
    count(message: stream.message.removeAll(keeping: CallStream.keptByteCount), of: stream)
  }

  func count(fields capacity: Int, of stream: CallStream) {
    allocatedBytes += capacity - stream.fieldsCapacity
    stream.fieldsCapacity = capacity
  }

  func count(message capacity: Int, of stream: CallStream) {
    allocatedBytes += capacity - stream.messageCapacity
    stream.messageCapacity = capacity
  }

  func count(response capacity: Int, of stream: CallStream) {
    allocatedBytes += capacity - stream.responseCapacity
    stream.responseCapacity = capacity
  }
}
