internal import CNghttp2
internal import Messages
internal import RPC

// What leaves: answers, failures, and what follows from their having been sent.
extension HTTP2Connection {
  func respond(to id: UInt32, payload: Span<UInt8>) {
    guard let stream = takeBack(id) else { return }
    settle(stream)
    let count = CallStream.prefixByteCount + payload.count
    guard unreadBytes + count <= heldBytesMaximum else { return submit(stream, Refusals.unread) }
    unreadBytes += count
    stream.responseByteCount = count
    stream.response.append(0)
    stream.response.append(bigEndian: UInt32(payload.count))
    stream.response.append(payload)
    unsafe withUnsafeTemporaryAllocation(of: nghttp2_data_provider.self, capacity: 1) { provider in
      unsafe provider.initialize(
        repeating: nghttp2_data_provider(
          source: nghttp2_data_source(), read_callback: onResponseRead))
      let fields = unsafe FixedFields.response
      _ = unsafe nghttp2_submit_response(
        session, Int32(bitPattern: id), fields.baseAddress, fields.count, provider.baseAddress)
    }
  }

  func fail(_ id: UInt32, _ status: Status) {
    guard let stream = takeBack(id) else { return }
    settle(stream)
    submit(stream, status)
  }

  /// The stream of a call that is being answered, unless the peer has cancelled it.
  private func takeBack(_ id: UInt32) -> CallStream? {
    precondition(takenCalls > 0, "answered a call that was not taken")
    takenCalls -= 1
    flood.refillForCall()
    guard let stream = stream(id) else { return nil }
    precondition(stream.phase == .taken, "answered a call twice or before it was taken")
    return stream
  }

  /// Moves the next bytes of an answer out, and submits what follows the last of them.
  func readResponse(of stream: CallStream, into target: UnsafeMutableRawBufferPointer) -> Int {
    let count = min(target.count, stream.response.count)
    unsafe copy(count, from: stream.response, to: target)
    stream.response.consume(count)
    if stream.response.isEmpty {
      let fields = unsafe FixedFields.trailers
      unsafe nghttp2_submit_trailer(
        session, Int32(bitPattern: stream.id), fields.baseAddress, fields.count)
    }
    return count
  }

  private func copy(
    _ count: Int, from buffer: borrowing ByteBuffer, to target: UnsafeMutableRawBufferPointer
  ) {
    // SAFETY: both hold `count` bytes and are apart.
    unsafe buffer.bytes.withUnsafeBytes { source in
      unsafe target.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[..<count]))
    }
  }

  func submit(_ stream: CallStream, _ status: Status) {
    failureFields.removeAll()
    failureFields.append(":status", number: 200)
    failureFields.append("content-type", "application/grpc")
    failureFields.append("grpc-status", number: Int(status.code.rawValue))
    if !status.message.isEmpty {
      failureFields.append("grpc-message", percentEncoding: status.message)
    }
    if status.code == .unimplemented { failureFields.append("grpc-accept-encoding", "identity") }
    if !status.reason.isEmpty || !status.metadata.isEmpty {
      failureFields.append("grpc-status-details-bin", details: status)
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
      // Whoever provokes resets works around the limit on those that it sends.
      let code = unsafe frame.rst_stream.error_code
      if code != NGHTTP2_NO_ERROR.rawValue { flood.spend(1) }
    case NGHTTP2_HEADERS.rawValue where header.flags & endStreamFlag != 0:
      // Patience with a refused request is over: the rest need not be sent. Not earlier, since
      // a reset overtakes what its stream still has to send.
      let isReading = unsafe nghttp2_session_get_stream_remote_close(session, header.stream_id) == 0
      if isReading { reset(UInt32(bitPattern: header.stream_id), NGHTTP2_NO_ERROR) }
    default: break
    }
  }

  func frameNotSent(_ header: nghttp2_frame_hd) {
    // A peer must not wait for an answer that could not be sent.
    guard header.type == UInt8(NGHTTP2_HEADERS.rawValue) else { return }
    reset(UInt32(bitPattern: header.stream_id), NGHTTP2_INTERNAL_ERROR)
  }
}
