internal import CNghttp2
internal import Messages

/// A client's end of one HTTP/2 connection, on libnghttp2.
///
/// Calls come in batches whose streams have consecutive odd numbers, so a stream's number gives its
/// slot without a look-up.
// SAFETY: `@safe` because the session is made, used and deleted here alone; its context is this
// object, which outlives every call into it.
@safe
final class GRPCSession {
  /// The number of correct answers since this was last reset.
  private(set) var answerCount = 0
  /// The first wrong answer.
  private(set) var failure: String?

  private let bodies: RequestBodies
  private let fields: HeaderFields
  private var session: OpaquePointer?
  private var slots: [CallSlot] = []
  private var firstStream: Int32 = 1

  init(bodies: RequestBodies, fields: HeaderFields) {
    self.bodies = bodies
    self.fields = fields
    var callbacks: OpaquePointer?
    unsafe nghttp2_session_callbacks_new(&callbacks)
    unsafe nghttp2_session_callbacks_set_on_header_callback(callbacks, benchHeaderArrived)
    unsafe nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, benchDataArrived)
    unsafe nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, benchStreamClosed)
    unsafe nghttp2_session_client_new(&session, callbacks, nil)
    unsafe nghttp2_session_callbacks_del(callbacks)
    unsafe nghttp2_session_set_user_data(session, Unmanaged.passUnretained(self).toOpaque())
    unsafe nghttp2_submit_settings(session, 0, nil, 0)
  }

  deinit {
    unsafe nghttp2_session_del(session)
  }

  /// Makes `count` calls. The previous batch must have been answered.
  func ask(_ count: Int) throws(BenchFailure) {
    if slots.count < count { slots += Array(repeating: CallSlot(), count: count - slots.count) }
    let range = bodies.ring.take(count)
    var provider = unsafe nghttp2_data_provider(
      source: nghttp2_data_source(), read_callback: benchBodyRead)
    for index in 0..<count {
      slots[index].bodyStart = range.lowerBound + index * bodies.ring.frameByteCount
      slots[index].isOK = false
      slots[index].message.removeAll(keepingCapacity: true)
      let stream = unsafe nghttp2_submit_request(
        session, nil, fields.fields.baseAddress, fields.fields.count, &provider, nil)
      guard stream > 0 else { throw BenchFailure("can't begin a stream (\(stream))") }
      if index == 0 { firstStream = stream }
    }
  }

  /// Appends the bytes to send.
  func drain(into output: inout [UInt8]) throws(BenchFailure) {
    while true {
      var bytes: UnsafePointer<UInt8>?
      let count = unsafe nghttp2_session_mem_send(session, &bytes)
      guard count >= 0 else { throw BenchFailure("can't make HTTP/2 frames (\(count))") }
      guard count > 0 else { return }
      unsafe output.append(contentsOf: UnsafeBufferPointer(start: bytes, count: count))
    }
  }

  /// Takes bytes from the server, and returns how many calls they complete.
  func hear(_ bytes: Span<UInt8>) throws(BenchFailure) -> Int {
    answerCount = 0
    let taken = unsafe bytes.withUnsafeBufferPointer {
      unsafe nghttp2_session_mem_recv(session, $0.baseAddress, $0.count)
    }
    guard taken == bytes.count else { throw BenchFailure("the server breaks HTTP/2 (\(taken))") }
    if let failure { throw BenchFailure(failure) }
    return answerCount
  }

  // The callbacks of libnghttp2, during `drain` and `hear`.

  func headerArrived(_ stream: Int32, name: Span<UInt8>, value: Span<UInt8>) {
    // Only `grpc-status` matters, and no other field has its length and these letters.
    guard name.count == 11, name[5] == UInt8(ascii: "s"), let slot = slot(of: stream) else {
      return
    }
    guard name[0] == UInt8(ascii: "g"), name[10] == UInt8(ascii: "s") else { return }
    slots[slot].isOK = value.count == 1 && value[0] == UInt8(ascii: "0")
  }

  func dataArrived(_ stream: Int32, _ bytes: Span<UInt8>) {
    guard let slot = slot(of: stream) else { return }
    for index in bytes.indices { slots[slot].message.append(bytes[index]) }
  }

  func streamClosed(_ stream: Int32, code: UInt32) {
    guard let slot = slot(of: stream) else { return }
    let message = slots[slot].message
    if code != 0 || !slots[slot].isOK {
      failure = "a gRPC call ends without the status OK (HTTP/2 code \(code))"
    } else if message.count < 5 || !message.span.extracting(droppingFirst: 5).saysYes {
      failure = bodies.method.refusal
    } else {
      answerCount += 1
    }
  }

  /// The position of the bytes of a request's body, whose length is that of all.
  func readBody(_ stream: Int32, into target: UnsafeMutableRawBufferPointer) -> Int? {
    let count = bodies.ring.frameByteCount
    guard let slot = slot(of: stream), target.count >= count else { return nil }
    let start = slots[slot].bodyStart
    // SAFETY: the range lies within the ring, and the target has room for `count` bytes.
    unsafe bodies.ring.bytes.withUnsafeBytes {
      unsafe target.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[start..<start + count]))
    }
    return count
  }

  private func slot(of stream: Int32) -> Int? {
    let slot = Int(stream - firstStream) / 2
    return slots.indices.contains(slot) ? slot : nil
  }
}

/// One call of a batch: the place of its request, and what has arrived of its answer.
struct CallSlot {
  var bodyStart = 0
  var isOK = false
  var message: [UInt8] = []
}
