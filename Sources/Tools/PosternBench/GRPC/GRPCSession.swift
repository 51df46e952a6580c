internal import CNghttp2
internal import Messages

/// A client's end of one HTTP/2 connection, on libnghttp2.
///
/// Streams have consecutive odd numbers, so a stream's number gives its slot without a look-up.
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
  /// A power of two, and more than from the oldest open stream to the newest.
  private var slots = [CallSlot](repeating: CallSlot(), count: 64)

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

  /// Makes `count` calls.
  func ask(_ count: Int) throws(BenchFailure) {
    let range = bodies.ring.take(count)
    var provider = unsafe nghttp2_data_provider(
      source: nghttp2_data_source(), read_callback: benchBodyRead)
    for index in 0..<count {
      let stream = unsafe nghttp2_submit_request(
        session, nil, fields.fields.baseAddress, fields.fields.count, &provider, nil)
      guard stream > 0 else { throw BenchFailure("can't begin a stream (\(stream))") }
      while slots[place(of: stream)].stream != 0 { grow() }
      let place = place(of: stream)
      slots[place].stream = stream
      slots[place].bodyStart = range.lowerBound + index * bodies.ring.frameByteCount
      slots[place].isOK = false
      slots[place].message.removeAll(keepingCapacity: true)
    }
  }

  private func place(of stream: Int32) -> Int { Int(stream >> 1) & (slots.count - 1) }

  private func grow() {
    let open = slots.filter { $0.stream != 0 }
    slots = Array(repeating: CallSlot(), count: 2 * slots.count)
    for slot in open { slots[place(of: slot.stream)] = slot }
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
    defer { slots[slot].stream = 0 }
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
    let place = place(of: stream)
    return slots[place].stream == stream ? place : nil
  }
}

/// One call: the place of its request, and what has arrived of its answer.
struct CallSlot {
  /// Zero for none.
  var stream: Int32 = 0
  var bodyStart = 0
  var isOK = false
  var message: [UInt8] = []
}
