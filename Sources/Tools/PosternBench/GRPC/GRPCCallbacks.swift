internal import CNghttp2
internal import Messages

// SAFETY: the context is the session's owner and outlives every call into it; frames, names, values
// and chunks are libnghttp2's and valid during the call.

private func owner(_ context: UnsafeMutableRawPointer?) -> GRPCSession {
  guard let context = unsafe context else { preconditionFailure("a session without a context") }
  return unsafe Unmanaged<GRPCSession>.fromOpaque(context).takeUnretainedValue()
}

@c(postern_bench_header_arrived)
func benchHeaderArrived(
  _ session: OpaquePointer?, _ frame: UnsafePointer<nghttp2_frame>?,
  _ name: UnsafePointer<UInt8>?, _ nameCount: Int, _ value: UnsafePointer<UInt8>?,
  _ valueCount: Int, _ flags: UInt8, _ context: UnsafeMutableRawPointer?
) -> CInt {
  guard let frame = unsafe frame, let name = unsafe name, let value = unsafe value else { return 0 }
  unsafe owner(context).headerArrived(
    frame.pointee.hd.stream_id, name: Span(_unsafeStart: name, count: nameCount),
    value: Span(_unsafeStart: value, count: valueCount))
  return 0
}

@c(postern_bench_data_arrived)
func benchDataArrived(
  _ session: OpaquePointer?, _ flags: UInt8, _ stream: Int32, _ bytes: UnsafePointer<UInt8>?,
  _ count: Int, _ context: UnsafeMutableRawPointer?
) -> CInt {
  guard let bytes = unsafe bytes else { return 0 }
  unsafe owner(context).dataArrived(stream, Span(_unsafeStart: bytes, count: count))
  return 0
}

@c(postern_bench_stream_closed)
func benchStreamClosed(
  _ session: OpaquePointer?, _ stream: Int32, _ code: UInt32, _ context: UnsafeMutableRawPointer?
) -> CInt {
  unsafe owner(context).streamClosed(stream, code: code)
  return 0
}

@c(postern_bench_body_read)
func benchBodyRead(
  _ session: OpaquePointer?, _ stream: Int32, _ buffer: UnsafeMutablePointer<UInt8>?,
  _ capacity: Int, _ flags: UnsafeMutablePointer<UInt32>?,
  _ source: UnsafeMutablePointer<nghttp2_data_source>?, _ context: UnsafeMutableRawPointer?
) -> Int {
  let failed = Int(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue)
  guard let buffer = unsafe buffer, let flags = unsafe flags else { return failed }
  let target = unsafe UnsafeMutableRawBufferPointer(start: buffer, count: capacity)
  guard let count = unsafe owner(context).readBody(stream, into: target) else { return failed }
  unsafe flags.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue
  return count
}
