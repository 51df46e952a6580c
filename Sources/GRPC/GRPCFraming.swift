package import Messages
package import RPC

/// The server's side of one gRPC connection over HTTP/2, without I/O.
///
/// libnghttp2 speaks HTTP/2 with its HTTP rules turned off, because they refuse the `:authority`
/// that most gRPC clients send over a Unix socket; the rules that a server owes are in
/// `RequestFields`. It also ignores frames on streams that are closed; those are judged before it
/// gets them. What a peer may get wrong has four grades: a call that gRPC does not allow is
/// answered with a status, a malformed request is reset with PROTOCOL_ERROR, a broken connection
/// gets a GOAWAY from libnghttp2 (then `isFinished` is true as soon as that is flushed), and what
/// is found here, a flood for one, throws `ProtocolViolation`, with the GOAWAY left in `output`.
/// Every GOAWAY carries a word for people.
///
/// A request has the status
/// - UNIMPLEMENTED: a path other than `/service/Method`, compression, no or more than one message;
/// - INVALID_ARGUMENT: a `grpc-timeout` outside its grammar;
/// - INTERNAL: a message cut short, compressed without `grpc-encoding`, or with an unknown flag;
/// - RESOURCE_EXHAUSTED: a message or header list past its limit, too many bytes unfinished.
///
/// A method other than POST is answered with HTTP 405, another content type with HTTP 415.
///
/// An answer to a request that has not ended is held until it has, because clients and proxies
/// that are still sending lose an earlier one. Its rest is read and dropped; past a bound of bytes,
/// or of time, which `giveHeldAnswers` keeps, it is answered and reset (NO_ERROR).
///
/// Which calls have a stream of requests is the table's word; the request does not tell. Such a
/// call is taken as soon as its header fields have come. `flush` brings events too.
package struct GRPCFraming: ~Copyable, Framing {
  package static let wire = WireProtocol.grpc
  package static let announcesEnd = true

  /// How many bytes of farewell a violation may leave in `output`.
  private static let farewellBytes = 64 << 10

  package var output = ByteBuffer()
  private let connection: HTTP2Connection

  /// Starts at the first byte of a connection, which is that of HTTP/2's client preface.
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
  /// its maximum. Half of that must have gone before a `writable` event comes.
  package mutating func hasRoom(on stream: UInt32) -> Bool { connection.hasRoom(on: stream) }

  /// Sends a message. One that the connection can't hold any more fails the call.
  package mutating func send(on stream: UInt32, payload: Span<UInt8>) {
    connection.send(on: stream, payload: payload)
  }

  package mutating func finish(_ stream: UInt32) { connection.finish(stream) }

  /// Moves frames into `output` while it holds fewer than `limit` bytes: the last frame, which has
  /// 16 KiB at most, may reach past it.
  package mutating func flush(limit: Int) { connection.flush(into: &output, limit: limit) }

  /// Warns the peer when called first (GOAWAY without a last stream) and refuses every later stream
  /// when called again. A call that the peer sent before it saw the warning is lost by nobody if
  /// the owner leaves a round trip between the two.
  package mutating func beginDrain() { connection.beginDrain() }

  package var holdsAnswers: Bool { connection.heldAnswers > 0 }

  package mutating func giveHeldAnswers() { connection.giveHeldAnswers() }

  package var violation: ProtocolViolation? { connection.violation }

  package var isFinished: Bool { connection.isFinished }

  package var openCalls: Int { connection.openCalls }

  package var unsentBytes: Int { connection.unsentBytes + output.count }

  package var heldBytes: Int {
    connection.allocatedBytes + connection.block.capacity + output.count
  }
}
