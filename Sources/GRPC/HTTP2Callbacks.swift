internal import CNghttp2
internal import Messages

// The callbacks of libnghttp2. Each turns pointers into spans and the session's context into its
// connection, and calls that.
//
// SAFETY: the context is the connection that owns the session and outlives every call into it;
// frames, names and values are libnghttp2's and valid during the call.

private let succeeded: CInt = 0
private let refused = NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue

/// Calls `body` with the session's connection. The reference is not counted: the owner of the
/// session holds one.
private func withConnection<Result>(
  _ context: UnsafeMutableRawPointer?, _ body: (HTTP2Connection) -> Result
) -> Result {
  guard let context = unsafe context else { preconditionFailure("a session without a context") }
  return unsafe Unmanaged<HTTP2Connection>.fromOpaque(context)._withUnsafeGuaranteedRef(body)
}

@c(postern_grpc_on_invalid_frame)
func onInvalidFrame(
  _ session: OpaquePointer?, _ frame: UnsafePointer<nghttp2_frame>?, _ code: CInt,
  _ context: UnsafeMutableRawPointer?
) -> CInt {
  guard let frame = unsafe frame else { return succeeded }
  // libnghttp2 resets the stream of a frame that it refuses, unless it ends the connection.
  let id = unsafe UInt32(bitPattern: frame.pointee.hd.stream_id)
  unsafe withConnection(context) { $0.memory.resetHere(id) }
  return succeeded
}

@c(postern_grpc_on_begin_headers)
func onBeginHeaders(
  _ session: OpaquePointer?, _ frame: UnsafePointer<nghttp2_frame>?,
  _ context: UnsafeMutableRawPointer?
) -> CInt {
  guard let frame = unsafe frame else { return succeeded }
  let isRequest = unsafe frame.pointee.headers.cat == NGHTTP2_HCAT_REQUEST
  let id = unsafe UInt32(bitPattern: frame.pointee.hd.stream_id)
  let isWanted = unsafe withConnection(context) { $0.headersBegan(id, isRequest: isRequest) }
  return isWanted ? succeeded : refused
}

@c(postern_grpc_on_header)
func onHeader(
  _ session: OpaquePointer?, _ frame: UnsafePointer<nghttp2_frame>?,
  _ name: UnsafePointer<UInt8>?, _ nameCount: Int, _ value: UnsafePointer<UInt8>?,
  _ valueCount: Int, _ flags: UInt8, _ context: UnsafeMutableRawPointer?
) -> CInt {
  guard let name = unsafe name, let value = unsafe value else { return succeeded }
  unsafe withConnection(context) { connection in
    unsafe connection.fieldArrived(
      name: Span(_unsafeStart: name, count: nameCount),
      value: Span(_unsafeStart: value, count: valueCount))
  }
  return succeeded
}

@c(postern_grpc_on_frame_received)
func onFrameReceived(
  _ session: OpaquePointer?, _ frame: UnsafePointer<nghttp2_frame>?,
  _ context: UnsafeMutableRawPointer?
) -> CInt {
  guard let frame = unsafe frame else { return succeeded }
  unsafe withConnection(context) { unsafe $0.frameArrived(frame.pointee.hd) }
  return succeeded
}

@c(postern_grpc_on_data_chunk_received)
func onDataChunkReceived(
  _ session: OpaquePointer?, _ flags: UInt8, _ stream: Int32, _ bytes: UnsafePointer<UInt8>?,
  _ count: Int, _ context: UnsafeMutableRawPointer?
) -> CInt {
  guard let bytes = unsafe bytes else { return succeeded }
  unsafe withConnection(context) { connection in
    unsafe connection.dataArrived(
      UInt32(bitPattern: stream), Span(_unsafeStart: bytes, count: count))
  }
  return succeeded
}

@c(postern_grpc_on_stream_close)
func onStreamClose(
  _ session: OpaquePointer?, _ stream: Int32, _ code: UInt32, _ context: UnsafeMutableRawPointer?
) -> CInt {
  unsafe withConnection(context) { connection in
    if let stream = connection.stream(UInt32(bitPattern: stream)) { connection.end(stream) }
  }
  return succeeded
}

@c(postern_grpc_on_frame_sent)
func onFrameSent(
  _ session: OpaquePointer?, _ frame: UnsafePointer<nghttp2_frame>?,
  _ context: UnsafeMutableRawPointer?
) -> CInt {
  guard let frame = unsafe frame else { return succeeded }
  unsafe withConnection(context) { unsafe $0.frameSent(frame.pointee) }
  return succeeded
}

@c(postern_grpc_on_frame_not_sent)
func onFrameNotSent(
  _ session: OpaquePointer?, _ frame: UnsafePointer<nghttp2_frame>?, _ code: CInt,
  _ context: UnsafeMutableRawPointer?
) -> CInt {
  guard let frame = unsafe frame else { return succeeded }
  unsafe withConnection(context) { unsafe $0.frameNotSent(frame.pointee.hd, code) }
  return succeeded
}

@c(postern_grpc_on_response_read)
func onResponseRead(
  _ session: OpaquePointer?, _ stream: Int32, _ buffer: UnsafeMutablePointer<UInt8>?,
  _ capacity: Int, _ flags: UnsafeMutablePointer<UInt32>?,
  _ source: UnsafeMutablePointer<nghttp2_data_source>?, _ context: UnsafeMutableRawPointer?
) -> Int {
  return unsafe withConnection(context) { connection in
    guard let buffer = unsafe buffer, let flags = unsafe flags,
      let stream = connection.stream(UInt32(bitPattern: stream))
    else { return Int(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue) }
    let target = unsafe UnsafeMutableRawBufferPointer(start: buffer, count: capacity)
    let count = unsafe connection.readResponse(of: stream, into: target)
    guard stream.unsentByteCount == 0 else { return count }
    if stream.isEnding {
      unsafe flags.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue
      if !stream.isPlain { unsafe flags.pointee |= NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue }
    } else if count == 0 {
      stream.isDeferred = true
      return Int(NGHTTP2_ERR_DEFERRED.rawValue)
    }
    return count
  }
}
