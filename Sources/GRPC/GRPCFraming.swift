package import Messages
package import RPC

/// The server's side of one gRPC connection over HTTP/2, without I/O. Unary calls only.
///
/// libnghttp2 speaks HTTP/2 with its HTTP rules turned off, because they refuse the `:authority`
/// that most gRPC clients send over a Unix socket; the rules that a server owes are in
/// `RequestFields`. What a peer may get wrong has four grades: a call that gRPC does not allow is
/// answered with a status, a malformed request is reset with PROTOCOL_ERROR, a broken connection
/// gets a GOAWAY from libnghttp2 (then `isFinished` is true as soon as that is flushed), and what
/// looks like a flood throws `ProtocolViolation`, with the GOAWAY left in `output`.
///
/// A request has the status
/// - UNIMPLEMENTED: a path other than `/service/Method`, compression, no or more than one message;
/// - INVALID_ARGUMENT: a `grpc-timeout` outside its grammar, two `authorization` fields;
/// - INTERNAL: a message cut short, compressed without `grpc-encoding`, or with an unknown flag;
/// - RESOURCE_EXHAUSTED: a message or header list past its limit, too many bytes unfinished.
///
/// A method other than POST is answered with HTTP 405, another content type with HTTP 415.
///
/// A refused request is answered when it has ended, because clients that are still sending lose an
/// earlier answer. Its rest is read and dropped; past a bound it is answered and reset (NO_ERROR).
package struct GRPCFraming: ~Copyable, Framing {
  package static let wire = WireProtocol.grpc

  /// How many bytes of farewell a violation may leave in `output`.
  private static let farewellBytes = 64 << 10

  package var output = ByteBuffer()
  private let connection: HTTP2Connection

  /// Starts at the first byte of a connection, which is that of HTTP/2's client preface.
  package init(limits: FramingLimits) { connection = HTTP2Connection(limits: limits) }

  package mutating func receive(_ bytes: Span<UInt8>) throws(ProtocolViolation) {
    connection.receive(bytes)
    guard let violation = connection.violation else { return }
    flush(limit: output.count + Self.farewellBytes)
    throw violation
  }

  package mutating func nextCall() throws(ProtocolViolation) -> UInt32? { connection.nextCall() }

  package var currentCall: IncomingCall {
    @_lifetime(borrow self)
    borrowing get {
      guard let stream = connection.current else { preconditionFailure("no call has been taken") }
      // SAFETY: the stream belongs to `connection`, which lives as long as this value, and its
      // bytes change only by `receive`, `nextCall`, `respond`, `fail` and `flush`, which exclude
      // this borrow.
      return unsafe IncomingCall(
        service: _overrideLifetime(stream.fields.service, borrowing: self),
        method: _overrideLifetime(stream.fields.method, borrowing: self),
        payload: _overrideLifetime(stream.message.bytes, borrowing: self),
        bearer: _overrideLifetime(stream.fields.bearer.bytes, borrowing: self),
        timeoutNanoseconds: stream.fields.timeoutNanoseconds)
    }
  }

  package mutating func respond(to stream: UInt32, payload: Span<UInt8>) {
    connection.respond(to: stream, payload: payload)
  }

  package mutating func fail(_ stream: UInt32, _ status: Status) {
    connection.fail(stream, status)
  }

  /// Moves frames into `output` while it holds fewer than `limit` bytes: the last frame, which has
  /// 16 KiB at most, may reach past it.
  package mutating func flush(limit: Int) { connection.flush(into: &output, limit: limit) }

  /// Warns the peer when called first (GOAWAY without a last stream) and refuses every later stream
  /// when called again. A call that the peer sent before it saw the warning is lost by nobody if
  /// the owner leaves a round trip between the two.
  package mutating func beginDrain() { connection.beginDrain() }

  package var isFinished: Bool { connection.isFinished }

  package var openCalls: Int { connection.openCalls }
}
