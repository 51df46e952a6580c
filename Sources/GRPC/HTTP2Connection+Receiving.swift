internal import CNghttp2
internal import Messages
internal import RPC

// What arrives: libnghttp2's events, in the order of one stream's life.
extension HTTP2Connection {
  /// A header list of more than this many times `headerBytes` counts as a bomb.
  private static let headerBytesPatience = 8
  private static let bombCost = 100

  /// Returns whether the header block is wanted.
  func headersBegan(_ id: UInt32, isRequest: Bool) -> Bool {
    if !isRequest {
      headerStream = stream(id)
      headerStream?.fields.beginTrailers()
      return true
    }
    guard openCalls < limits.callsInFlight, id <= lastAccepted ?? .max else {
      headerStream = nil
      reset(id, NGHTTP2_REFUSED_STREAM)
      return false
    }
    let stream = begin(id)
    if isOversized { stream.fields.exceed(limits.headerBytes) }
    headerStream = stream
    return true
  }

  func fieldArrived(name: Span<UInt8>, value: Span<UInt8>) {
    guard let stream = headerStream else { return }
    let byteCount = stream.fields.receive(name: name, value: value, limit: limits.headerBytes)
    // Compression can make such a block a thousandfold smaller, and reading it costs more than
    // others.
    let patience = Self.headerBytesPatience * limits.headerBytes
    if byteCount > patience, byteCount - name.count - value.count - 32 <= patience {
      flood.spend(Self.bombCost)
    }
  }

  func frameArrived(_ header: nghttp2_frame_hd) {
    let isHeaders = header.type == UInt8(NGHTTP2_HEADERS.rawValue)
    guard isHeaders || header.type == UInt8(NGHTTP2_DATA.rawValue) else { return }
    let found = isHeaders ? headerStream : stream(UInt32(bitPattern: header.stream_id))
    headerStream = nil
    guard let stream = found else { return }
    let isEnd = header.flags & endStreamFlag != 0
    if isHeaders {
      headersArrived(stream, isEnd: isEnd)
    } else if isEnd {
      requestEnded(stream)
    } else {
      discard(header.length, of: stream)
    }
  }

  private func headersArrived(_ stream: CallStream, isEnd: Bool) {
    guard stream.phase == .fields else {
      guard stream.fields.isTrailers else { return }
      if stream.fields.isMalformed || !isEnd { return refuseMalformed(stream) }
      return requestEnded(stream)
    }
    let judgement = stream.fields.end(methods)
    count(fields: judgement.capacity, of: stream)
    stream.contentByteCount = judgement.contentByteCount
    if judgement.isMalformed { return refuseMalformed(stream) }
    stream.phase = .message
    if isEnd, judgement.contentByteCount ?? 0 != 0 { return refuseMalformed(stream) }
    if let refusal = judgement.refusal {
      refuse(stream, refusal)
    } else if judgement.streamsRequests {
      stream.streamsRequests = true
      callArrived(stream)
    }
    if isEnd { requestEnded(stream) }
  }

  func dataArrived(_ id: UInt32, _ bytes: Span<UInt8>) {
    // Reservations bound the kept bytes, not windows, so the connection's window reopens at once. A
    // stream's window reopens only while its bytes are wanted.
    // SAFETY: the session lives as long as the connection; so it is below.
    unsafe nghttp2_session_consume_connection(session, bytes.count)
    guard let stream = stream(id) else { return }
    stream.receivedByteCount += bytes.count
    if let expected = stream.contentByteCount, stream.receivedByteCount > expected {
      return refuseMalformed(stream)
    }
    if stream.streamsRequests, stream.phase != .refused { return streamArrived(stream, bytes) }
    guard stream.phase == .message || stream.phase == .refused else { return }
    unsafe nghttp2_session_consume_stream(session, Int32(bitPattern: id), bytes.count)
    guard stream.phase == .message else { return }
    if let status = receiveMessage(of: stream, bytes) { return refuse(stream, .status(status)) }
    count(message: stream.message.capacity, of: stream)
  }

  /// Takes the next bytes of a message, and returns why it can't be taken.
  private func receiveMessage(of stream: CallStream, _ bytes: Span<UInt8>) -> Status? {
    var offset = 0
    while offset < bytes.count {
      if stream.prefixReceived < CallStream.prefixByteCount {
        stream.receivePrefix(bytes[offset])
        offset += 1
        if stream.prefixReceived == CallStream.prefixByteCount,
          let status = messageBegan(stream)
        {
          return status
        }
      } else {
        let missing = stream.messageByteCount - stream.message.count
        guard missing > 0 else { return .refused(.messageSurplus) }
        let count = min(missing, bytes.count - offset)
        stream.message.append(bytes.extracting(offset..<offset + count))
        offset += count
      }
    }
    return nil
  }

  /// Judges a message by its prefix, before any of it is kept.
  private func messageBegan(_ stream: CallStream) -> Status? {
    let count = stream.messageByteCount
    if let status = judge(flag: stream.prefixFlag, byteCount: count, of: stream) { return status }
    guard unfinishedBytes + count <= heldBytesMaximum else { return .refused(.unfinishedRequests) }
    unfinishedBytes += count
    stream.reservedByteCount = count
    return nil
  }

  /// Says why a message with such a prefix can't be taken.
  func judge(flag: UInt8, byteCount: Int, of stream: CallStream) -> Status? {
    switch flag {
    case 0: break
    case 1 where stream.fields.isEncoded: return .refused(.encodingUnsupported)
    case 1: return .refused(.encodingMissing)
    default: return .refused(.messageFlagUnknown)
    }
    guard byteCount <= limits.messageBytes else {
      return .limit("max-message-bytes", limits.messageBytes)
    }
    return nil
  }

  private func requestEnded(_ stream: CallStream) {
    switch stream.phase {
    case .idle, .fields, .settled: return
    case .message, .refused, .ready, .taken, .open: break
    }
    if let expected = stream.contentByteCount, stream.receivedByteCount != expected {
      return refuseMalformed(stream)
    }
    if stream.streamsRequests, stream.phase != .refused { return streamEnded(stream) }
    if stream.phase == .message, let status = missing(from: stream) {
      refuse(stream, .status(status))
    }
    if stream.phase == .refused { return answerRefusal(of: stream) }
    callArrived(stream)
  }

  /// Queues a call for the owner to take.
  private func callArrived(_ stream: CallStream) {
    stream.phase = .ready
    events.append(.call(stream.id))
  }

  /// What an ended request lacks.
  private func missing(from stream: CallStream) -> Status? {
    if stream.prefixReceived == 0 { return .refused(.messageMissing) }
    let isWhole =
      stream.prefixReceived == CallStream.prefixByteCount
      && stream.message.count == stream.messageByteCount
    return isWhole ? nil : .refused(.requestCut)
  }

  /// Resets a request that HTTP does not allow. A request whose answer is being sent is left alone,
  /// because the reset would overtake the answer.
  private func refuseMalformed(_ stream: CallStream) {
    guard stream.phase != .settled else { return }
    settle(stream)
    reset(stream.id, NGHTTP2_PROTOCOL_ERROR)
  }

  func reset(_ id: UInt32, _ code: nghttp2_error_code) {
    memory.resetHere(id)
    unsafe nghttp2_submit_rst_stream(session, noFlags, Int32(bitPattern: id), code.rawValue)
  }
}

/// Distinguishes a peer that floods from one that lives long.
///
/// There is no clock here, so frames are weighed against work instead of time: control frames and
/// resets spend; an answered call and every read from the socket refill. A peer that pings every
/// second never gets near the limit; one that fills its writes with pings reaches it within a
/// megabyte.
struct FloodBudget {
  /// How much may be spent beyond the refills.
  static let limit = 10_000
  private static let refillPerReceive = 16
  private static let refillPerCall = 8

  private var spent = 0

  var isSpent: Bool { spent > Self.limit }

  mutating func spend(_ cost: Int) { spent += cost }

  mutating func refillForReceive() { spent = max(0, spent - Self.refillPerReceive) }

  mutating func refillForCall() { spent = max(0, spent - Self.refillPerCall) }
}
