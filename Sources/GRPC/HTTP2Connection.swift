internal import CNghttp2
internal import Messages
internal import RPC

/// One libnghttp2 server session and the streams on it.
///
/// Owns the streams' objects and reuses them: libnghttp2 holds an unretained pointer to one for as
/// long as its stream is open, so a late answer to a closed stream finds nothing and is dropped.
/// Callbacks never destroy a stream and never send: they mark, submit and queue.
///
/// What a peer can make this hold is bounded: streams by `callsInFlight`, unfinished messages by
/// `unfinishedBytes`, answers that it does not read by `unreadBytes`, control frames by `flood`.
/// The rest of a refused request is held nowhere, and read as far as `discard` allows.
@safe
final class HTTP2Connection {
  // SAFETY: `session` is made in `init`, deleted only in `deinit`, and used by one thread.
  let session: OpaquePointer
  let limits: FramingLimits
  /// Every stream object, and those without a stream.
  private var streams: [CallStream] = []
  private var idleStreams: [CallStream] = []
  /// The complete calls that wait to be taken, from `readyStart` on.
  var ready: [UInt32] = []
  var readyStart = 0
  /// The call that was taken last, until the next one is or its stream ends.
  var current: CallStream?
  /// The stream whose header block is being received.
  var headerStream: CallStream?
  /// Streams with a call that has not been taken nor answered.
  var begunCalls = 0
  /// Calls that the owner has taken and not answered, cancelled ones included: a peer can't get
  /// more work started than `callsInFlight` by cancelling what it began.
  var takenCalls = 0
  /// What has been dropped of the refused requests on open streams.
  var discardedBytes = 0
  /// The declared lengths of the messages that are being received or wait to be taken.
  var unfinishedBytes = 0
  /// The bytes of answers that libnghttp2 has not sent to the end.
  var unreadBytes = 0
  var flood = FloodBudget()
  var violation: ProtocolViolation?
  /// Where the fields of a failure are put together.
  var failureFields = FieldList()
  private var drainsBegun = 0

  /// The most bytes that unfinished messages, and that unread answers, may hold.
  let heldBytesMaximum: Int

  init(limits: FramingLimits) {
    self.limits = limits
    heldBytesMaximum = max(16 << 20, 4 * (limits.messageBytes + CallStream.prefixByteCount))
    unsafe session = HTTP2Connection.makeSession()
    unsafe nghttp2_session_set_user_data(session, Unmanaged.passUnretained(self).toOpaque())
    submitSettings()
  }

  deinit { unsafe nghttp2_session_del(session) }

  func receive(_ bytes: Span<UInt8>) {
    guard violation == nil, !bytes.isEmpty else { return }
    flood.refillForReceive()
    // SAFETY: libnghttp2 reads the bytes during the call only.
    let result = unsafe bytes.withUnsafeBytes { bytes in
      unsafe nghttp2_session_mem_recv(
        session, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
    }
    if result == Int(NGHTTP2_ERR_FLOODED.rawValue) {
      terminate("too many frames to acknowledge", NGHTTP2_ENHANCE_YOUR_CALM)
    } else if result < 0 {
      terminate("not HTTP/2", NGHTTP2_PROTOCOL_ERROR)
    } else if flood.isSpent || queuedFrames > 2 * limits.callsInFlight + FloodBudget.limit {
      terminate("too many control frames or resets", NGHTTP2_ENHANCE_YOUR_CALM)
    }
  }

  /// The frames that wait to be sent.
  private var queuedFrames: Int { unsafe nghttp2_session_get_outbound_queue_size(session) }

  func nextCall() -> UInt32? {
    releaseMessage()
    while readyStart < ready.count {
      let id = ready[readyStart]
      readyStart += 1
      if readyStart == ready.count {
        ready.removeAll(keepingCapacity: true)
        readyStart = 0
      }
      // Nothing is found where the peer has cancelled in between.
      guard let stream = stream(id), stream.phase == .complete else { continue }
      stream.phase = .taken
      begunCalls -= 1
      takenCalls += 1
      current = stream
      return id
    }
    return nil
  }

  func flush(into output: inout ByteBuffer, limit: Int) {
    // SAFETY: the bytes belong to libnghttp2 until its next call and are copied before.
    while output.count < limit {
      var bytes: UnsafePointer<UInt8>?
      let count = unsafe nghttp2_session_mem_send(session, &bytes)
      guard count > 0, let bytes = unsafe bytes else { return }
      output.append(unsafe Span<UInt8>(_unsafeStart: bytes, count: count))
    }
  }

  func beginDrain() {
    drainsBegun += 1
    if drainsBegun == 1 {
      unsafe nghttp2_submit_shutdown_notice(session)
    } else if drainsBegun == 2 {
      unsafe nghttp2_submit_goaway(
        session, noFlags, nghttp2_session_get_last_proc_stream_id(session),
        NGHTTP2_NO_ERROR.rawValue, nil, 0)
    }
  }

  var isFinished: Bool {
    unsafe nghttp2_session_want_read(session) == 0 && nghttp2_session_want_write(session) == 0
  }

  var openCalls: Int { begunCalls + takenCalls }

  /// The open stream with this id.
  func stream(_ id: UInt32) -> CallStream? {
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

  /// Takes the object of a stream that has ended back.
  func end(_ stream: CallStream) {
    settle(stream)
    if current === stream { current = nil }
    if headerStream === stream { headerStream = nil }
    unreadBytes -= stream.responseByteCount
    discardedBytes -= stream.discardedByteCount
    stream.reset()
    idleStreams.append(stream)
  }

  /// Forgets what a stream has received: it will be answered or reset, or has been.
  func settle(_ stream: CallStream) {
    if stream.phase.isBegun { begunCalls -= 1 }
    stream.phase = .settled
    releaseMessage(of: stream)
  }

  private func releaseMessage() {
    if let stream = current { releaseMessage(of: stream) }
    current = nil
  }

  func releaseMessage(of stream: CallStream) {
    unfinishedBytes -= stream.reservedByteCount
    stream.reservedByteCount = 0
    stream.message.removeAll()
    stream.message.shrink(to: CallStream.keptByteCount)
  }

  private func terminate(_ reason: String, _ code: nghttp2_error_code) {
    violation = ProtocolViolation(reason)
    unsafe nghttp2_session_terminate_session(session, code.rawValue)
  }
}
