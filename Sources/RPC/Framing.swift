package import Messages

/// One connection's protocol state, without I/O: bytes in, events out, answers in, bytes out.
///
/// The owner feeds what it read with `receive`, then takes events with `nextEvent` until there is
/// none. It answers each call, at once or later, in any order, and every step may leave bytes for
/// the peer in `output`, which the owner writes and consumes.
///
/// A call without a stream is answered with `respond` or `fail`. The owner announces a call with a
/// stream in either direction to the framing with `open`. Then it takes the peer's messages with
/// `takeMessage` when it wants them, and sends its own with `send` while there is room. It ends the
/// call with `finish`, `fail`, or, if the answer is one message, `respond`.
///
/// Misuse of these functions by the owner is a bug and traps. A violation by the peer throws
/// `ProtocolViolation`: the owner writes what is left in `output` and closes. Using a call that the
/// peer has cancelled is legitimate and is ignored.
package protocol Framing: ~Copyable {
  /// Which protocol it is.
  static var wire: WireProtocol { get }

  /// Whether the protocol can announce that no further calls are accepted, so that callers know
  /// that later calls were not begun.
  static var announcesEnd: Bool { get }

  /// Takes bytes that arrived from the peer.
  mutating func receive(_ bytes: Span<UInt8>) throws(ProtocolViolation)

  /// Finds the next event; `nil` when more bytes are needed. The bytes of the call in the event
  /// before are gone: the owner has answered or opened it, or answers it later without them.
  mutating func nextEvent() throws(ProtocolViolation) -> FramingEvent?

  /// Forgets the bytes of the current call and of the current message, which may hold a secret. The
  /// owner has copied what it needs.
  mutating func release()

  /// The call that the last `nextEvent` found.
  var currentCall: IncomingCall { @_lifetime(borrow self) borrowing get }

  /// Lends what the next calls ask, of those that have arrived and were not taken, at most `limit`.
  /// It is for what pays ahead: nothing of it was checked, and calls may be left out.
  func forEachWaitingPayload(limit: Int, _ body: (Span<UInt8>) -> Void)

  /// Answers a call with an encoded response message, which ends it.
  mutating func respond(to stream: UInt32, payload: Span<UInt8>)

  /// Ends a call with a failure, also after messages.
  mutating func fail(_ stream: UInt32, _ status: Status)

  /// Whether the peer still waits for the answer of a taken call, as far as the protocol can tell.
  func awaitsAnswer(_ stream: UInt32) -> Bool

  /// Turns a taken call into a stream: events report on it until it ends.
  mutating func open(_ stream: UInt32)

  /// Takes the peer's next message from an open stream, for `currentMessage`.
  mutating func takeMessage(from stream: UInt32) -> StreamInput

  /// The message that the last `takeMessage` took, until the framing is used again.
  var currentMessage: Span<UInt8> { @_lifetime(borrow self) borrowing get }

  /// Whether another message would be sent soon. If not, a `writable` event follows; a message that
  /// is sent anyway is kept.
  mutating func hasRoom(on stream: UInt32) -> Bool

  /// Sends an encoded message on an open stream.
  mutating func send(on stream: UInt32, payload: Span<UInt8>)

  /// Ends an open stream with success, after its last message.
  mutating func finish(_ stream: UInt32)

  /// Whether answers are held until their peers have ended the requests.
  var holdsAnswers: Bool { borrowing get }

  /// Gives the answers that were already held when this ran last, even if their requests go on.
  mutating func giveHeldAnswers()

  /// The bytes for the peer.
  var output: ByteBuffer { borrowing get set }

  /// Moves what the protocol holds back (HTTP/2 frames) into `output`, up to `limit` bytes.
  mutating func flush(limit: Int)

  /// Tells the peer that no further calls are accepted, if the protocol can: announces it the first
  /// time, and enforces it the second time. Calls that were taken before are served.
  mutating func beginDrain()

  /// Why a finished connection ended, if its peer broke the rules and nothing was thrown.
  var violation: ProtocolViolation? { borrowing get }

  /// Whether the connection can be closed once `output` is written: the protocol has ended, or the
  /// peer knows that no further calls are accepted and none is open.
  var isFinished: Bool { borrowing get }

  /// The calls that have been taken or begun and have not been answered.
  var openCalls: Int { borrowing get }

  /// Whether the peer is to be read. If not, what it sends waits in the socket until a call is
  /// answered.
  var takesBytes: Bool { borrowing get }

  /// The bytes of answers that have not been sent to the peer.
  var unsentBytes: Int { borrowing get }

  /// The memory that the connection holds for its peer, in allocated bytes: requests that were not
  /// taken and answers that were not sent.
  var heldBytes: Int { borrowing get }
}

/// What a framing has found in the arrived bytes, for the stream of that id.
package enum FramingEvent: Equatable, Sendable {
  /// A call; `currentCall` has it.
  case call(UInt32)
  /// `takeMessage` has news on an open stream: a message, or that no more come.
  case readable(UInt32)
  /// An open stream that had no room has room again.
  case writable(UInt32)
  /// The peer has cancelled an open stream, or has broken its rules and got an error. The framing
  /// has forgotten it.
  case cancelled(UInt32)
  /// The framing has answered a request itself.
  case answered
}

/// What one connection may hold, for every framing.
package struct FramingLimits: Sendable {
  /// The largest encoded message in bytes. Default: 4 MiB.
  package var messageBytes = 4 << 20
  /// The most bytes of request headers or metadata: names, values and 32 for each, as HTTP/2
  /// counts. Default: 8 KiB.
  package var headerBytes = 8 << 10
  /// The most calls that one connection may have open. Default: 1,024.
  package var callsInFlight = 1024

  package init() {}
}

/// A peer's violation of the protocol, which ends the connection.
package struct ProtocolViolation: Error, Sendable {
  /// A short reason for the log, without the peer's bytes.
  package let reason: String

  package init(_ reason: String) { self.reason = reason }
}

/// What comes next from the peer on a stream.
package enum StreamInput: Equatable, Sendable {
  /// A message.
  case message
  /// Nothing yet; a `readable` event follows.
  case empty
  /// The peer has said that no more messages come.
  case ended
}

/// The protocol that a connection speaks.
package enum WireProtocol: Int, CaseIterable, Sendable {
  case ttrpc
  case grpc
  case http1

  package var name: String { "\(self)" }
}
