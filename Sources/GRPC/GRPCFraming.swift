package import Messages
package import RPC

/// The server's side of one gRPC connection over HTTP/2, without I/O.
///
/// libnghttp2 speaks HTTP/2 with its HTTP rules turned off, because they refuse the `:authority`
/// that most gRPC clients send over a Unix socket; `RequestFields` enforces the rules that a server
/// must. libnghttp2 also ignores frames on closed streams, so these are judged before it gets them.
///
/// A peer's mistakes have four grades. A call that gRPC does not allow is answered with a status. A
/// malformed request is reset with PROTOCOL_ERROR. A broken connection gets a GOAWAY from
/// libnghttp2, and `isFinished` is true as soon as that is flushed. A violation that is found here,
/// such as a flood, throws `ProtocolViolation` and leaves the GOAWAY in `output`. Every GOAWAY
/// carries a readable reason.
///
/// A request gets the status
/// - UNIMPLEMENTED: a path other than `/service/Method`, compression, no or more than one message;
/// - INVALID_ARGUMENT: a `grpc-timeout` outside its grammar;
/// - INTERNAL: a message cut short, compressed without `grpc-encoding`, or with an unknown flag;
/// - RESOURCE_EXHAUSTED: a message or header list past its limit, too many bytes unfinished.
///
/// A method other than POST is answered with HTTP 405, another content type with HTTP 415.
///
/// An answer to an unfinished request is held until the request ends, because clients and proxies
/// that are still sending lose an earlier answer. The rest of the request is read and dropped. Past
/// a bound of bytes, or of time (`giveHeldAnswers`), the request is answered and reset (NO_ERROR).
///
/// The method table decides which calls have a stream of requests; the request does not tell. Such
/// a call is taken as soon as its header fields have arrived. `flush` can add events.
package struct GRPCFraming: ~Copyable, Framing {
  package static let wire = WireProtocol.grpc
  package static let announcesEnd = true

  /// The most bytes of GOAWAY that a violation may leave in `output`.
  private static let farewellBytes = 64 << 10

  package var output = ByteBuffer()
  private let connection: HTTP2Connection

  /// Starts at the first byte of a connection, which begins HTTP/2's client preface.
  package init(limits: FramingLimits, methods: MethodTable) {
    connection = HTTP2Connection(limits: limits, methods: methods)
  }

  package mutating func receive(_ bytes: Span<UInt8>) throws(ProtocolViolation) {
    connection.receive(bytes)
    guard let violation = connection.violation else { return }
    flush(limit: output.count + Self.farewellBytes)
    throw violation
  }

  package mutating func nextEvent() throws(ProtocolViolation) -> FramingEvent? {
    connection.nextEvent()
  }

  package mutating func release() { connection.release() }

  package var currentCall: IncomingCall {
    @_lifetime(borrow self)
    borrowing get {
      guard let stream = connection.current else { preconditionFailure("no call has been taken") }
      // SAFETY: the stream belongs to `connection`, which lives as long as this value, and its
      // bytes change only by functions that mutate this value, which exclude this borrow.
      let message = unsafe _overrideLifetime(stream.message.bytes, borrowing: self)
      return unsafe IncomingCall(
        service: _overrideLifetime(stream.fields.service, borrowing: self),
        method: _overrideLifetime(stream.fields.method, borrowing: self),
        payload: message.extracting(first: stream.streamsRequests ? 0 : message.count),
        authorization: _overrideLifetime(stream.fields.credential, borrowing: self),
        timeoutNanoseconds: stream.fields.timeoutNanoseconds,
        streamsRequests: stream.streamsRequests, acceptsStream: true)
    }
  }

  /// None: what has arrived is looked for stream by stream.
  package func forEachWaitingPayload(limit: Int, _ body: (Span<UInt8>) -> Void) {}

  package mutating func respond(to stream: UInt32, payload: Span<UInt8>) {
    connection.respond(to: stream, payload: payload)
  }

  package mutating func fail(_ stream: UInt32, _ status: Status) {
    connection.fail(stream, status)
  }

  package func awaitsAnswer(_ stream: UInt32) -> Bool { connection.present(stream) != nil }

  package mutating func open(_ stream: UInt32) { connection.open(stream) }

  package mutating func takeMessage(from stream: UInt32) -> StreamInput {
    connection.takeMessage(from: stream)
  }

  package var currentMessage: Span<UInt8> {
    @_lifetime(borrow self)
    borrowing get {
      guard let stream = connection.messageStream else {
        preconditionFailure("no message has been taken")
      }
      // SAFETY: as above.
      let message = unsafe _overrideLifetime(stream.message.bytes, borrowing: self)
      return message.extracting(CallStream.prefixByteCount..<stream.headByteCount)
    }
  }

  /// There is room while a stream has less than 64 KiB to send and the connection is not close to
  /// its maximum. A `writable` event comes only when half of that has been sent.
  package mutating func hasRoom(on stream: UInt32) -> Bool { connection.hasRoom(on: stream) }

  /// Sends a message. If the connection can't hold it, the call fails.
  package mutating func send(on stream: UInt32, payload: Span<UInt8>) {
    connection.send(on: stream, payload: payload)
  }

  package mutating func finish(_ stream: UInt32) { connection.finish(stream) }

  /// Moves frames into `output` while it holds fewer than `limit` bytes. The last frame, of at most
  /// 16 KiB, may reach past the limit.
  package mutating func flush(limit: Int) { connection.flush(into: &output, limit: limit) }

  /// First warns the peer (GOAWAY without a last stream); the second time refuses every later
  /// stream. If the owner leaves a round trip between the two, no call that the peer sent before it
  /// saw the warning is lost.
  package mutating func beginDrain() { connection.beginDrain() }

  package var holdsAnswers: Bool { connection.heldAnswers > 0 }

  package mutating func giveHeldAnswers() { connection.giveHeldAnswers() }

  package var violation: ProtocolViolation? { connection.violation }

  package var isFinished: Bool { connection.isFinished }

  package var openCalls: Int { connection.openCalls }

  package var takesBytes: Bool { true }

  package var unsentBytes: Int { connection.unsentBytes + output.count }

  package var heldBytes: Int {
    connection.allocatedBytes + connection.block.capacity + output.count
  }
}
