internal import CNghttp2
internal import Messages
internal import RPC

// What is sent: answers, failures, and what follows once they are sent.
extension HTTP2Connection {
  func respond(to id: UInt32, payload: Span<UInt8>) {
    guard let stream = takeBack(id) else { return }
    guard append(payload, to: stream) else { return conclude(stream, .refused(.unreadAnswers)) }
    stream.isEnding = true
    proceed(stream)
  }

  func fail(_ id: UInt32, _ status: Status) {
    guard let stream = takeBack(id) else { return }
    conclude(stream, status)
  }

  func finish(_ id: UInt32) {
    precondition(stream(id)?.phase != .taken, "finished a call that was not opened")
    guard let stream = takeBack(id) else { return }
    conclude(stream, nil)
  }

  /// The stream of a call that the owner ends; `nil` if the peer has ended it.
  private func takeBack(_ id: UInt32) -> CallStream? {
    guard let stream = present(id) else {
      if forget(id) { flood.refillForCall() }
      return nil
    }
    precondition(
      stream.phase == .taken || stream.phase == .open, "answered a call before it was taken")
    flood.refillForCall()
    takenCalls -= 1
    stream.isAnswered = true
    stream.phase = .settled
    releaseMessage(of: stream)
    return stream
  }

  /// The stream with this id, unless the peer has ended it.
  func present(_ id: UInt32) -> CallStream? {
    guard let stream = stream(id) else { return nil }
    precondition(!stream.isAnswered, "a call was used after its end")
    return stream.isOver ? nil : stream
  }

  /// Forgets a taken call that the peer has cancelled, and returns whether there was one.
  func forget(_ id: UInt32) -> Bool {
    guard let index = cancelledCalls.firstIndex(of: id) else { return false }
    cancelledCalls.swapAt(index, cancelledCalls.count - 1)
    cancelledCalls.removeLast()
    takenCalls -= 1
    return true
  }

  /// Appends a message to what a stream has to send, unless the connection holds too much.
  func append(_ payload: Span<UInt8>, to stream: CallStream) -> Bool {
    guard reserve(CallStream.prefixByteCount + payload.count, on: stream) else { return false }
    count(response: stream.response.append(message: payload), of: stream)
    return true
  }

  /// Reserves room for bytes that a stream is about to send; false if the connection has none.
  func reserve(_ byteCount: Int, on stream: CallStream) -> Bool {
    let held = stream.unsentByteCount + byteCount
    let growth = max(0, held - stream.responseByteCount)
    guard unreadBytes + growth <= heldBytesMaximum else { return false }
    unreadBytes += growth
    stream.responseByteCount += growth
    unsentBytes += held - stream.unsentByteCount
    stream.unsentByteCount = held
    return true
  }

  /// Tells libnghttp2 that a stream has something to send.
  func proceed(_ stream: CallStream) {
    let id = Int32(bitPattern: stream.id)
    if stream.isAnswering {
      guard stream.isDeferred else { return }
      stream.isDeferred = false
      // SAFETY: the session lives as long as the connection; so it is below.
      _ = unsafe nghttp2_session_resume_data(session, id)
      return
    }
    stream.isAnswering = true
    unsafe submitResponse(to: stream.id, FixedFields.response)
  }

  /// Begins an answer whose body is read from its stream.
  func submitResponse(to id: UInt32, _ fields: UnsafeBufferPointer<nghttp2_nv>) {
    var provider = unsafe nghttp2_data_provider(
      source: nghttp2_data_source(), read_callback: onResponseRead)
    _ = unsafe nghttp2_submit_response(
      session, Int32(bitPattern: id), fields.baseAddress, fields.count, &provider)
  }

  /// Ends a settled stream with a status, `nil` for success, after the messages that it has sent.
  /// The status waits for the end of the request.
  func conclude(_ stream: CallStream, _ failure: Status?) {
    guard stream.streamsRequests, !stream.isInputEnded else { return close(stream, failure) }
    hold(stream, failure.map { .status($0) } ?? .success)
  }

  /// Ends a settled stream now.
  func close(_ stream: CallStream, _ failure: Status?) {
    guard stream.isAnswering else { return submit(stream, failure) }
    stream.isEnding = true
    stream.failure = failure
    // At once: no message is left that a closed window could hold back.
    if stream.unsentByteCount == 0 { submitTrailers(of: stream) }
  }

  /// Moves the next bytes of an answer out, and submits the trailers after the last of them.
  func readResponse(of stream: CallStream, into target: UnsafeMutableRawBufferPointer) -> Int {
    let moved = min(target.count, stream.unsentByteCount)
    guard moved > 0 else { return 0 }
    unsafe stream.response.move(moved, to: target)
    stream.unsentByteCount -= moved
    unsentBytes -= moved
    if stream.unsentByteCount == 0 {
      if stream.isEnding, !stream.isPlain { submitTrailers(of: stream) }
      unreadBytes -= stream.responseByteCount
      stream.responseByteCount = 0
      count(response: stream.response.removeAll(keeping: CallStream.keptByteCount), of: stream)
    }
    if stream.awaitsRoom || isCrowded { raiseRoom(on: stream) }
    return moved
  }

  private func submitTrailers(of stream: CallStream) {
    let id = Int32(bitPattern: stream.id)
    guard let failure = stream.failure else {
      let fields = unsafe FixedFields.trailers
      _ = unsafe nghttp2_submit_trailer(session, id, fields.baseAddress, fields.count)
      return
    }
    failureFields.removeAll()
    failureFields.append(failure)
    let session = unsafe session
    unsafe failureFields.withFields { fields in
      _ = unsafe nghttp2_submit_trailer(session, id, fields.baseAddress, fields.count)
    }
  }

  /// Answers with a status alone, `nil` for success.
  func submit(_ stream: CallStream, _ failure: Status?) {
    failureFields.removeAll()
    failureFields.append(":status", number: 200)
    failureFields.append("content-type", "application/grpc")
    if let failure {
      failureFields.append(failure)
    } else {
      failureFields.append("grpc-status", number: 0)
    }
    submitFailureFields(of: stream)
  }

  func submitFailureFields(of stream: CallStream) {
    let session = unsafe session
    unsafe failureFields.withFields { fields in
      _ = unsafe nghttp2_submit_headers(
        session, endStreamFlag, Int32(bitPattern: stream.id), nil, fields.baseAddress,
        fields.count, nil)
    }
  }

  func frameSent(_ frame: nghttp2_frame) {
    let header = unsafe frame.hd
    switch UInt32(header.type) {
    case NGHTTP2_RST_STREAM.rawValue:
      // A peer that provokes resets works around the limit on the resets that it sends itself.
      let code = unsafe frame.rst_stream.error_code
      if code != NGHTTP2_NO_ERROR.rawValue { flood.spend(1) }
    case NGHTTP2_HEADERS.rawValue where header.flags & endStreamFlag != 0,
      NGHTTP2_DATA.rawValue where header.flags & endStreamFlag != 0:
      // A refused request was answered before its end: the peer need not send the rest. The reset
      // comes only now, because it overtakes what its stream still has to send.
      let isReading = unsafe nghttp2_session_get_stream_remote_close(session, header.stream_id) == 0
      if isReading { reset(UInt32(bitPattern: header.stream_id), NGHTTP2_NO_ERROR) }
    default: break
    }
  }

  func frameNotSent(_ header: nghttp2_frame_hd, _ code: CInt) {
    // A peer must not wait for an answer that could not be sent. It does not wait if it has reset
    // the stream, or if a reset is being sent.
    let id = UInt32(bitPattern: header.stream_id)
    guard header.type == UInt8(NGHTTP2_HEADERS.rawValue), stream(id) != nil,
      code != NGHTTP2_ERR_STREAM_CLOSING.rawValue
    else { return }
    reset(id, NGHTTP2_INTERNAL_ERROR)
  }
}
