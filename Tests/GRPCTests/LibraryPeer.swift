internal import CNghttp2
internal import GRPC
internal import Messages
internal import RPC

/// libnghttp2's client, and the framing that it talks to, whose owner is an `EchoServer`.
// SAFETY: `@safe` because the session is made, used and deleted here alone; its context is this
// object, which outlives every call into it.
@safe
final class LibraryPeer {
  struct Answer {
    var fields: [String: String] = [:]
    var data: [UInt8] = []
    var closeCode: UInt32?
  }

  var framing = GRPCFraming(limits: FramingLimits(), methods: RawPeer.methods)
  var server = EchoServer()
  var answers: [Int32: Answer] = [:]
  var bodies: [Int32: [UInt8]] = [:]
  /// The calls whose body is not complete yet.
  var unended: Set<Int32> = []
  private var session: OpaquePointer?

  init() {
    var callbacks: OpaquePointer?
    unsafe nghttp2_session_callbacks_new(&callbacks)
    unsafe nghttp2_session_callbacks_set_on_header_callback(callbacks, clientHeader)
    unsafe nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, clientData)
    unsafe nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, clientClose)
    unsafe nghttp2_session_client_new(&session, callbacks, nil)
    unsafe nghttp2_session_set_user_data(session, Unmanaged.passUnretained(self).toOpaque())
    unsafe nghttp2_session_callbacks_del(callbacks)
    unsafe nghttp2_submit_settings(session, 0, nil, 0)
  }

  deinit { unsafe nghttp2_session_del(session) }

  /// Begins a call and returns its stream.
  func call(_ body: [UInt8], _ method: String = "Method", end: Bool = true) -> Int32 {
    var text: [UInt8] = []
    let ends = RawPeer.call(method).map { field in
      text += Array(field.0.utf8)
      let nameEnd = text.count
      text += Array(field.1.utf8)
      return (nameEnd, text.count)
    }
    let stream = unsafe text.withUnsafeMutableBufferPointer { text -> Int32 in
      guard let base = text.baseAddress else { return -1 }
      var start = 0
      var fields = unsafe [nghttp2_nv]()
      for (nameEnd, valueEnd) in ends {
        unsafe fields.append(
          nghttp2_nv(
            name: base + start, value: base + nameEnd, namelen: nameEnd - start,
            valuelen: valueEnd - nameEnd, flags: 0))
        start = valueEnd
      }
      var provider = unsafe nghttp2_data_provider(
        source: nghttp2_data_source(), read_callback: clientRead)
      return unsafe nghttp2_submit_request(session, nil, fields, fields.count, &provider, nil)
    }
    bodies[stream] = body
    if !end { unended.insert(stream) }
    return stream
  }

  /// Adds to the body of a call.
  func send(_ stream: Int32, _ bytes: [UInt8], end: Bool = false) {
    bodies[stream, default: []] += bytes
    if end { unended.remove(stream) }
    unsafe nghttp2_session_resume_data(session, stream)
  }

  func cancel(_ stream: Int32) {
    unsafe nghttp2_submit_rst_stream(session, 0, stream, NGHTTP2_CANCEL.rawValue)
  }

  /// Carries bytes both ways, `chunk` at a time, until neither side has more; lets the server work
  /// when `echoes`.
  func exchange(chunk: Int = 4096, echoes: Bool = true) throws {
    var isMoving = true
    while isMoving {
      isMoving = false
      var bytes: UnsafePointer<UInt8>?
      let count = unsafe nghttp2_session_mem_send(session, &bytes)
      if count > 0 {
        isMoving = true
        let sent = unsafe Array(UnsafeBufferPointer(start: bytes, count: count))
        for start in stride(from: 0, to: count, by: chunk) {
          try framing.receive(sent[start..<min(start + chunk, count)].span)
        }
      }
      if echoes { try server.work(&framing) }
      framing.flush(limit: 20_000)
      if echoes { try server.work(&framing) }
      let received = GRPCTests.bytes(framing.output.bytes)
      framing.output.consume(received.count)
      if !received.isEmpty {
        isMoving = true
        let taken = unsafe nghttp2_session_mem_recv(session, received, received.count)
        precondition(taken == received.count, "the client refuses the answer")
      }
    }
  }
}

private func peer(_ context: UnsafeMutableRawPointer?) -> LibraryPeer {
  guard let context = unsafe context else { preconditionFailure("a session without a context") }
  return unsafe Unmanaged<LibraryPeer>.fromOpaque(context).takeUnretainedValue()
}

@c(postern_grpc_tests_header)
func clientHeader(
  _ session: OpaquePointer?, _ frame: UnsafePointer<nghttp2_frame>?,
  _ name: UnsafePointer<UInt8>?, _ nameCount: Int, _ value: UnsafePointer<UInt8>?,
  _ valueCount: Int, _ flags: UInt8, _ context: UnsafeMutableRawPointer?
) -> CInt {
  guard let frame = unsafe frame else { return 0 }
  let name = unsafe String(
    decoding: UnsafeBufferPointer(start: name, count: nameCount), as: UTF8.self)
  let value = unsafe String(
    decoding: UnsafeBufferPointer(start: value, count: valueCount), as: UTF8.self)
  unsafe peer(context).answers[frame.pointee.hd.stream_id, default: .init()].fields[name] = value
  return 0
}

@c(postern_grpc_tests_data)
func clientData(
  _ session: OpaquePointer?, _ flags: UInt8, _ stream: Int32, _ bytes: UnsafePointer<UInt8>?,
  _ count: Int, _ context: UnsafeMutableRawPointer?
) -> CInt {
  unsafe peer(context).answers[stream, default: .init()].data += Array(
    UnsafeBufferPointer(start: bytes, count: count))
  return 0
}

@c(postern_grpc_tests_close)
func clientClose(
  _ session: OpaquePointer?, _ stream: Int32, _ code: UInt32, _ context: UnsafeMutableRawPointer?
) -> CInt {
  unsafe peer(context).answers[stream, default: .init()].closeCode = code
  return 0
}

@c(postern_grpc_tests_read)
func clientRead(
  _ session: OpaquePointer?, _ stream: Int32, _ buffer: UnsafeMutablePointer<UInt8>?,
  _ capacity: Int, _ flags: UnsafeMutablePointer<UInt32>?,
  _ source: UnsafeMutablePointer<nghttp2_data_source>?, _ context: UnsafeMutableRawPointer?
) -> Int {
  let peer = unsafe peer(context)
  let body = peer.bodies[stream] ?? []
  let count = min(capacity, body.count)
  unsafe buffer?.update(from: Array(body.prefix(count)), count: count)
  peer.bodies[stream] = Array(body.dropFirst(count))
  if count == body.count, !peer.unended.contains(stream) {
    unsafe flags?.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue
  } else if count == 0 {
    return Int(NGHTTP2_ERR_DEFERRED.rawValue)
  }
  return count
}
