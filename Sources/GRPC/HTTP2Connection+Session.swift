internal import CNghttp2
internal import Messages
internal import RPC

/// The `flags` argument for no flags.
let noFlags = UInt8(NGHTTP2_FLAG_NONE.rawValue)
let endStreamFlag = UInt8(NGHTTP2_FLAG_END_STREAM.rawValue)

extension HTTP2Connection {
  /// What a peer may send on one stream before it needs a WINDOW_UPDATE, in bytes.
  private static let streamWindowBytes: UInt32 = 256 << 10
  /// The same for the connection.
  private static let connectionWindowBytes: Int32 = 1 << 20

  /// Makes a session without a context, which the caller sets.
  static func makeSession() -> OpaquePointer {
    var callbacks: OpaquePointer?
    var option: OpaquePointer?
    var session: OpaquePointer?
    unsafe nghttp2_session_callbacks_new(&callbacks)
    unsafe nghttp2_option_new(&option)
    defer {
      unsafe nghttp2_session_callbacks_del(callbacks)
      unsafe nghttp2_option_del(option)
    }
    unsafe setCallbacks(callbacks)
    unsafe nghttp2_option_set_no_http_messaging(option, 1)
    unsafe nghttp2_option_set_no_auto_window_update(option, 1)
    unsafe nghttp2_option_set_no_closed_streams(option, 1)
    // `HeaderBlock` has already assembled blocks that came in more than one frame.
    unsafe nghttp2_option_set_max_continuations(
      option, HeaderBlock.byteCountMaximum / frameByteCountMaximum + 1)
    // A client with short deadlines cancels often, and the library's default of 33 a second would
    // end its connection. `FloodBudget` counts resets; this is the backstop.
    unsafe nghttp2_option_set_stream_reset_rate_limit(option, 20_000, 2_000)
    var allocator = unsafe SecretBlock.allocator
    unsafe nghttp2_session_server_new3(&session, callbacks, nil, option, &allocator)
    guard let session = unsafe session else { preconditionFailure("out of memory") }
    return unsafe session
  }

  private static func setCallbacks(_ callbacks: OpaquePointer?) {
    unsafe nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, onBeginHeaders)
    unsafe nghttp2_session_callbacks_set_on_header_callback(callbacks, onHeader)
    unsafe nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, onFrameReceived)
    unsafe nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, onInvalidFrame)
    unsafe nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, onDataChunkReceived)
    unsafe nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, onStreamClose)
    unsafe nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, onFrameSent)
    unsafe nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks, onFrameNotSent)
  }

  func submitSettings() {
    let settings: [4 of nghttp2_settings_entry] = [
      // A dynamic table would keep the `authorization` of earlier calls as long as the connection
      // lasts, and only the client decides what goes into it. Without one the fields of a call come
      // whole: some 120 bytes more, which take 0.5 us to decode (measured). What the table holds is
      // wiped when the client acknowledges this.
      setting(NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, 0),
      setting(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, Self.streamWindowBytes),
      setting(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, UInt32(clamping: limits.headerBytes)),
      // Keeps libnghttp2 from building a priority tree that the peer controls.
      setting(NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1),
    ]
    // SAFETY: libnghttp2 copies the entries.
    unsafe settings.span.withUnsafeBufferPointer { entries in
      _ = unsafe nghttp2_submit_settings(session, noFlags, entries.baseAddress, entries.count)
    }
    // Sent alone, and libnghttp2 does not see its acknowledgement: before that it refuses a stream
    // over the limit with REFUSED_STREAM, after that it would end the connection.
    var limit = setting(
      NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, UInt32(clamping: limits.callsInFlight))
    _ = unsafe nghttp2_submit_settings(session, noFlags, &limit, 1)
    unsafe nghttp2_session_set_local_window_size(session, noFlags, 0, Self.connectionWindowBytes)
  }

  private func setting(_ id: nghttp2_settings_id, _ value: UInt32) -> nghttp2_settings_entry {
    nghttp2_settings_entry(settings_id: Int32(id.rawValue), value: value)
  }
}

// Streams of the owner's messages: how much is kept for a peer that does not read.
extension HTTP2Connection {
  /// A stream that has this much to send has no more room, in bytes.
  private static let roomBytes = 64 << 10

  /// When all streams have more than this to send, none of them has room.
  private var crowdedBytes: Int { heldBytesMaximum / 4 * 3 }

  func hasRoom(on id: UInt32) -> Bool {
    guard let stream = stream(id), !stream.isOver else { return false }
    precondition(stream.phase == .open, "asked for room on a call that is not open")
    if stream.unsentByteCount < Self.roomBytes {
      if unreadBytes <= crowdedBytes { return true }
      isCrowded = true
    }
    stream.awaitsRoom = true
    return false
  }

  func send(on id: UInt32, payload: Span<UInt8>) {
    guard let stream = present(id) else { return }
    precondition(stream.phase == .open, "sent a message on a call that is not open")
    guard append(payload, to: stream) else {
      settle(stream)
      return conclude(stream, .refused(.unreadAnswers))
    }
    proceed(stream)
  }

  /// Tells owners that there is room again, after bytes of `stream` were sent.
  func raiseRoom(on stream: CallStream) {
    if isCrowded { return relieve() }
    guard stream.awaitsRoom, stream.unsentByteCount < Self.roomBytes / 2 else { return }
    stream.awaitsRoom = false
    if stream.phase == .open { events.append(.writable(stream.id)) }
  }

  /// Tells the owners of all streams once the connection holds less again.
  func relieve() {
    guard unreadBytes <= heldBytesMaximum / 2 else { return }
    isCrowded = false
    for stream in streams where stream.awaitsRoom { raiseRoom(on: stream) }
  }
}
