package import Messages
package import RPC

/// The server's side of one ttrpc connection, without I/O.
///
/// Frames are parsed where they arrived. The current call is a set of ranges in `input`, and its
/// frame is consumed only when the next call is asked for or more bytes come. A call that is
/// answered while it is current, as nearly all are, leaves no trace; one that is still unanswered
/// then moves to `deferred`, which stays sorted because stream ids only grow.
///
/// What a peer may get wrong has three grades. A bad request is answered on its stream and the
/// connection goes on, as in containerd's server. A frame that means nothing to a server is skipped
/// and counted. Only what can't be resynchronized with, or what looks like a flood, ends the
/// connection. Bodies that will not be read are never buffered.
package struct TTRPCFraming: ~Copyable, Framing {
  package static let wire = WireProtocol.ttrpc
  /// How many frames without meaning a peer may send between two calls.
  package static let ignoredFramesBetweenCalls = 10_000
  /// The most bytes of storage that an empty input buffer keeps.
  private static let keptInputBytes = 256 << 10

  private struct DeferredCall {
    let stream: UInt32
    let isStreaming: Bool
  }

  package var output = ByteBuffer()
  private let limits: FramingLimits
  private var input = ByteBuffer()
  /// The bytes of the call that the last `nextCall` found, at the front of `input`; zero for none.
  private var frameByteCount = 0
  private var envelope = RequestEnvelope()
  /// The call that the last `nextCall` found while it is unanswered; zero for none.
  private var currentStream: UInt32 = 0
  private var currentIsStreaming = false
  /// The taken and unanswered calls but the current one, by growing stream id.
  private var deferred: [DeferredCall] = []
  /// The greatest stream id of any accepted request.
  private var lastStream: UInt32 = 0
  /// The bytes of the present body that are dropped as they come; `input` is empty before them.
  private var skippedByteCount = 0
  /// The stream that is answered once the body of its oversized request is dropped; zero for none.
  private var oversizedStream: UInt32 = 0
  private var ignoredFrames = 0
  private var isDraining = false
  private var hasEnded = false
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

  package mutating func nextCall() throws(ProtocolViolation) -> UInt32? {
    retireCurrent()
    while !hasEnded, skippedByteCount == 0 {
      try checkFirstByte()
      guard let header = FrameHeader(input.bytes) else { return nil }
      if header.type == FrameHeader.request, let refusal = refusal(for: header) {
        refuse(header, refusal)
      } else if header.type != FrameHeader.request {
        try ignore(header)
      } else if header.length > limits.messageBytes {
        lastStream = header.stream
        oversizedStream = header.stream
        skip(header)
      } else if input.count < FrameHeader.byteCount + header.length {
        return nil
      } else if take(header) {
        return header.stream
      }
    }
    return nil
  }

  package var currentCall: IncomingCall {
    @_lifetime(borrow self)
    borrowing get {
      precondition(frameByteCount > 0, "there is no current call")
      let body = input.bytes.extracting(FrameHeader.byteCount..<frameByteCount)
      let timeout = envelope.timeoutNanoseconds
      return IncomingCall(
        service: body.extracting(envelope.service), method: body.extracting(envelope.method),
        payload: body.extracting(envelope.payload), bearer: body.extracting(envelope.bearer),
        timeoutNanoseconds: timeout == 0 ? nil : timeout, isStreaming: currentIsStreaming)
    }
  }

  package mutating func respond(to stream: UInt32, payload: Span<UInt8>) {
    guard settle(stream) else { return }
    guard FramePrefix.fieldByteCount(payload.count) <= FrameHeader.maximumLength else {
      let status = Status(
        .resourceExhausted, "the answer is over `\(FrameHeader.maximumLength)` message bytes")
      return writeFailure(stream, status)
    }
    guard !payload.isEmpty else {
      return FramePrefix(length: 0, stream: stream, type: FrameHeader.response)
        .append(to: &output)
    }
    FramePrefix(field: 2, length: payload.count, stream: stream, type: FrameHeader.response)
      .append(to: &output)
    output.append(payload)
  }

  package mutating func fail(_ stream: UInt32, _ status: Status) {
    if settle(stream) { writeFailure(stream, status) }
  }

  package mutating func flush(limit: Int) {}

  /// Refuses the requests that come from now on; the protocol has no way to say so ahead.
  package mutating func beginDrain() { isDraining = true }

  package var isFinished: Bool { hasEnded || (isDraining && openCalls == 0) }

  package var openCalls: Int { deferred.count + (currentStream == 0 ? 0 : 1) }
}

extension TTRPCFraming {
  /// Consumes the current call's frame. A call that is still unanswered waits in `deferred`.
  private mutating func retireCurrent() {
    guard frameByteCount > 0 else { return }
    if currentStream != 0 {
      deferred.append(DeferredCall(stream: currentStream, isStreaming: currentIsStreaming))
      currentStream = 0
    }
    input.consume(frameByteCount)
    frameByteCount = 0
    input.shrink(to: TTRPCFraming.keptInputBytes)
  }

  /// Makes the complete request at the front of the input the current call; answers it and returns
  /// false when it is malformed.
  private mutating func take(_ header: FrameHeader) -> Bool {
    lastStream = header.stream
    ignoredFrames = 0
    let end = FrameHeader.byteCount + header.length
    do {
      envelope = try RequestEnvelope(
        input.bytes.extracting(FrameHeader.byteCount..<end), headerBytes: limits.headerBytes)
    } catch {
      writeFailure(header.stream, error)
      input.consume(end)
      return false
    }
    frameByteCount = end
    currentStream = header.stream
    currentIsStreaming = header.flags & FrameHeader.remoteOpen != 0
    return true
  }

  /// Closes a call that is about to be answered; false when it has been already.
  private mutating func settle(_ stream: UInt32) -> Bool {
    precondition(stream != 0 && stream <= lastStream, "answered a call that was never taken")
    if stream == currentStream {
      currentStream = 0
      return true
    }
    guard let index = deferredIndex(of: stream) else { return false }
    deferred.remove(at: index)
    return true
  }

  private func deferredIndex(of stream: UInt32) -> Int? {
    var low = 0
    var high = deferred.count
    while low < high {
      let middle = (low + high) / 2
      if deferred[middle].stream < stream { low = middle + 1 } else { high = middle }
    }
    return low < deferred.count && deferred[low].stream == stream ? low : nil
  }

  private mutating func writeFailure(_ stream: UInt32, _ status: Status) {
    TTRPCFraming.write(status, to: stream, through: &scratch, into: &output)
  }

  private static func write(
    _ status: Status, to stream: UInt32, through scratch: inout ByteBuffer,
    into output: inout ByteBuffer
  ) {
    scratch.removeAll()
    status.encode(into: &scratch)
    FramePrefix(field: 1, length: scratch.count, stream: stream, type: FrameHeader.response)
      .append(to: &output)
    output.append(scratch.bytes)
  }
}

extension TTRPCFraming {
  /// Why a request can't be accepted, as far as its header tells.
  private func refusal(for header: FrameHeader) -> Status? {
    if header.stream % 2 == 0 {
      return Status(.invalidArgument, "stream id `\(header.stream)` is not odd")
    }
    if header.stream <= lastStream {
      return Status(.invalidArgument, "stream id `\(header.stream)` is not above `\(lastStream)`")
    }
    // An oversized request is answered only when its body has gone by.
    if header.length > limits.messageBytes { return nil }
    if header.flags & ~(FrameHeader.remoteClosed | FrameHeader.remoteOpen) != 0 {
      return Status(.invalidArgument, "flags `\(header.flags)` mean nothing on a request")
    }
    if isDraining { return Status.draining }
    if deferred.count >= limits.callsInFlight {
      return .limit("max-calls-in-flight", limits.callsInFlight)
    }
    return nil
  }

  /// Answers a request by its header alone and skips its body. One that reuses the id of an open
  /// call ends that call, since a stream is answered once.
  private mutating func refuse(_ header: FrameHeader, _ status: Status) {
    if let index = deferredIndex(of: header.stream) { deferred.remove(at: index) }
    if header.stream % 2 == 1 { lastStream = max(lastStream, header.stream) }
    writeFailure(header.stream, status)
    skip(header)
  }

  /// Skips a frame that is no request. Data on an open unary call ends that call.
  private mutating func ignore(_ header: FrameHeader) throws(ProtocolViolation) {
    if header.type == FrameHeader.data, let index = deferredIndex(of: header.stream) {
      if !deferred[index].isStreaming {
        deferred.remove(at: index)
        writeFailure(header.stream, Status(.invalidArgument, "data on a unary call"))
      }
    } else {
      ignoredFrames += 1
      if ignoredFrames > TTRPCFraming.ignoredFramesBetweenCalls {
        throw violation("a flood of frames without meaning")
      }
    }
    skip(header)
  }

  /// Drops a frame: what has arrived of it now, the rest as it arrives.
  private mutating func skip(_ header: FrameHeader) {
    input.consume(FrameHeader.byteCount)
    skippedByteCount = header.length
    let arrived = min(header.length, input.count)
    input.consume(arrived)
    skipped(arrived)
  }

  private mutating func skipped(_ count: Int) {
    skippedByteCount -= count
    guard skippedByteCount == 0, oversizedStream != 0 else { return }
    writeFailure(oversizedStream, .limit("max-message-bytes", limits.messageBytes))
    oversizedStream = 0
  }

  /// Ends the connection over a length so large that draining it would be a service to an attacker,
  /// as soon as its first byte shows it.
  private mutating func checkFirstByte() throws(ProtocolViolation) {
    let byte = input.isEmpty ? 0 : input.bytes[0]
    if byte != 0, Int(byte) << 24 > limits.messageBytes {
      throw violation("a frame's length is out of range")
    }
  }

  private mutating func violation(_ reason: String) -> ProtocolViolation {
    hasEnded = true
    input.removeAll()
    input.shrink(to: 0)
    return ProtocolViolation(reason)
  }
}
