package import Messages

/// One connection's protocol state, without I/O: bytes in, calls out, answers in, bytes out.
///
/// The owner feeds what it read with `receive`, then takes calls with `nextCall` until there is
/// none, and answers each one, at once or later, in any order, with `respond` or `fail`. Every step
/// may leave bytes for the peer in `output`, which the owner writes and consumes.
///
/// Misuse of these functions by the owner is a bug and traps. A violation by the peer throws
/// `ProtocolViolation`: the owner writes what is left in `output` and closes. An answer to a call
/// that the peer has cancelled is legitimate and is ignored.
package protocol Framing: ~Copyable {
  /// Which protocol it is.
  static var wire: WireProtocol { get }

  /// Takes bytes that arrived from the peer.
  mutating func receive(_ bytes: Span<UInt8>) throws(ProtocolViolation)

  /// Finds the next complete call and returns its stream id; `nil` when more bytes are needed.
  /// The call before it must have been answered or will be answered later: its bytes are gone.
  mutating func nextCall() throws(ProtocolViolation) -> UInt32?

  /// The call that the last `nextCall` found.
  var currentCall: IncomingCall { @_lifetime(borrow self) borrowing get }

  /// Answers a call with an encoded response message.
  mutating func respond(to stream: UInt32, payload: Span<UInt8>)

  /// Ends a call with a failure.
  mutating func fail(_ stream: UInt32, _ status: Status)

  /// The bytes for the peer.
  var output: ByteBuffer { borrowing get set }

  /// Moves what the protocol holds back (HTTP/2 frames) into `output`, as far as `limit` bytes.
  mutating func flush(limit: Int)

  /// Tells the peer that no further calls are accepted, as far as the protocol can say so.
  mutating func beginDrain()

  /// Whether the connection can be closed once `output` is written: the protocol has ended, or a
  /// drain has begun and no call is open.
  var isFinished: Bool { borrowing get }

  /// The calls that have been taken or begun and have not been answered.
  var openCalls: Int { borrowing get }
}
