package import Messages
package import RPC

/// The server's side of one ttrpc connection, without I/O.
///
/// Frames are parsed where they arrived. The current call is a set of ranges in `input`, and its
/// frame is consumed only when the next event is taken or more bytes arrive. Nearly all calls are
/// answered while they are current and leave no trace; a call that is then still unanswered moves
/// to `deferred`, which stays sorted because stream ids only grow.
///
/// A message of a stream is copied into its stream's queue as soon as it is whole. ttrpc has no
/// flow control, so a stream that is not read must not stop the others. The queues are bounded; a
/// stream that sends faster than its owner reads is ended.
///
/// A peer's mistakes have three grades. A bad request or message is answered on its stream and the
/// connection continues, as in containerd's server. A frame that means nothing to a server is
/// skipped and counted. The connection ends only if resynchronization is impossible or a flood is
/// suspected. Bodies that will not be read are never buffered.
package struct TTRPCFraming: ~Copyable, Framing {
  package static let wire = WireProtocol.ttrpc
  package static let announcesEnd = false
  /// How many meaningless frames a peer may send between two calls or messages.
  package static let ignoredFramesBetweenCalls = 10_000
  /// How many more messages a peer may send on a stream whose end it has not seen.
  package static let lateFramesOfAStream = 10_000
  /// How far these allowances may add up.
  static let lateFramesMaximum = 1_000_000
  /// The most bytes of storage that an empty input buffer keeps.
  static let keptInputBytes = 256 << 10
  /// The size of `output` from which there is no room for further messages.
  package static let roomBytes = 64 << 10

  package var output = ByteBuffer()
  let limits: FramingLimits
  var input = ByteBuffer()
  /// The bytes of the call that the last `nextEvent` found, at the front of `input`; zero for none.
  var frameByteCount = 0
  var envelope = RequestEnvelope()
  /// The call that the last `nextEvent` found, until it is answered or opened; zero for none.
  var currentStream: UInt32 = 0
  /// The flags of the request that the last `nextEvent` found.
  var currentFlags: UInt8 = 0
  /// The taken and unanswered calls except the current one, sorted by stream id.
  var deferred: [OpenCall] = []
  /// The greatest stream id of the requests so far.
  var lastStream: UInt32 = 0
  /// The bytes of the present body that are still to be dropped; `input` is empty until then.
  var skippedByteCount = 0
  /// The stream to answer once the body of its oversized request is dropped; zero for none.
  var oversizedStream: UInt32 = 0
  var ignoredFrames = 0
  /// How many messages on ended streams are still allowed.
  var lateFrames = 0
  /// Events that follow from the owner's actions.
  var notices: [FramingEvent] = []
  /// The streams that wait for room, in the order in which they asked.
  var roomWaiters: [UInt32] = []
  /// The bytes of the messages in all queues, and what is allocated for them.
  var queuedByteCount = 0
  var queueCapacity = 0
  /// The message that the last `takeMessage` took.
  var message = ByteBuffer()
  var hasEnded = false
  private var scratch = ByteBuffer()

  /// Starts at the first byte of a connection.
  package init(limits: FramingLimits) { self.limits = limits }

  package mutating func receive(_ bytes: Span<UInt8>) throws(ProtocolViolation) {
    guard !hasEnded else { return }
    retireCurrent()
    let dropped = min(skippedByteCount, bytes.count)
    if dropped > 0 { skipped(dropped) }
    input.append(bytes.extracting(droppingFirst: dropped))
  }

  package mutating func nextEvent() throws(ProtocolViolation) -> FramingEvent? {
    retireCurrent()
    if !notices.isEmpty || !roomWaiters.isEmpty, let notice = nextNotice() { return notice }
    while !hasEnded, skippedByteCount == 0 {
      try checkFirstByte()
      guard let header = FrameHeader(input.bytes) else { return nil }
      let step =
        switch header.type {
        case FrameHeader.request: readRequest(header)
        case FrameHeader.data: try readData(header)
        default: try ignore(header)
        }
      switch step {
      case .event(let event): return event
      case .done: continue
      case .incomplete: return nil
      }
    }
    return nil
  }

  package mutating func release() {
    retireCurrent()
    if !message.isEmpty { clearMessage() }
  }

  package var currentCall: IncomingCall {
    @_lifetime(borrow self)
    borrowing get {
      precondition(frameByteCount > 0, "there is no current call")
      let body = input.bytes.extracting(FrameHeader.byteCount..<frameByteCount)
      let timeout = envelope.timeoutNanoseconds
      let streams = currentFlags & FrameHeader.remoteOpen != 0
      return IncomingCall(
        service: body.extracting(envelope.service), method: body.extracting(envelope.method),
        payload: body.extracting(streams ? 0..<0 : envelope.payload),
        authorization: envelope.given.read(from: body),
        timeoutNanoseconds: timeout == 0 ? nil : timeout, streamsRequests: streams,
        acceptsStream: currentFlags != 0)
    }
  }

  package mutating func respond(to stream: UInt32, payload: Span<UInt8>) {
    guard settle(stream) else { return }
    guard FramePrefix.fieldByteCount(payload.count) <= FrameHeader.maximumLength else {
      return writeFailure(stream, .refused(.answerTooLong))
    }
    guard !payload.isEmpty else {
      return FramePrefix(length: 0, stream: stream, type: FrameHeader.response)
        .encode(into: &output)
    }
    FramePrefix(field: 2, length: payload.count, stream: stream, type: FrameHeader.response)
      .encode(into: &output)
    output.append(payload)
  }

  package mutating func fail(_ stream: UInt32, _ status: Status) {
    if settle(stream) { writeFailure(stream, status) }
  }

  /// Always true: a ttrpc client can't cancel a call.
  package func awaitsAnswer(_ stream: UInt32) -> Bool { true }

  package mutating func flush(limit: Int) {}

  package mutating func beginDrain() {}

  package var holdsAnswers: Bool { false }

  package mutating func giveHeldAnswers() {}

  package var violation: ProtocolViolation? { nil }

  package var isFinished: Bool { hasEnded }

  package var openCalls: Int { deferred.count + (currentStream == 0 ? 0 : 1) }

  package var takesBytes: Bool { true }

  package var unsentBytes: Int { output.count }

  package var heldBytes: Int {
    input.capacity + output.capacity + queueCapacity + message.capacity + scratch.capacity
  }
}

extension TTRPCFraming {
  /// Consumes the current call's frame. A call that is still unanswered waits in `deferred`.
  private mutating func retireCurrent() {
    guard frameByteCount > 0 else { return }
    if currentStream != 0 { keepCurrent(isOpened: false) }
    input.consume(frameByteCount)
    frameByteCount = 0
    input.shrink(to: TTRPCFraming.keptInputBytes)
  }

  /// Closes a call that is about to be answered; false if it is closed already.
  private mutating func settle(_ stream: UInt32) -> Bool {
    precondition(stream != 0 && stream <= lastStream, "answered a call that was never taken")
    if stream == currentStream {
      currentStream = 0
      if currentFlags & FrameHeader.remoteOpen != 0 { expectLateFrames() }
      return true
    }
    guard let index = openIndex(of: stream) else {
      dropCancellation(of: stream)
      return false
    }
    forget(index)
    return true
  }

  func openIndex(of stream: UInt32) -> Int? {
    var low = 0
    var high = deferred.count
    while low < high {
      let middle = (low + high) / 2
      if deferred[middle].stream < stream { low = middle + 1 } else { high = middle }
    }
    return low < deferred.count && deferred[low].stream == stream ? low : nil
  }

  mutating func writeFailure(_ stream: UInt32, _ status: Status) {
    TTRPCFraming.writeFailure(status, to: stream, through: &scratch, into: &output)
  }

  private static func writeFailure(
    _ status: Status, to stream: UInt32, through scratch: inout ByteBuffer,
    into output: inout ByteBuffer
  ) {
    scratch.removeAll()
    status.encode(into: &scratch)
    FramePrefix(field: 1, length: scratch.count, stream: stream, type: FrameHeader.response)
      .encode(into: &output)
    output.append(scratch.bytes)
  }
}
