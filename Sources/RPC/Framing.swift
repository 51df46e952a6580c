package import Messages

/// One connection's protocol state, without I/O: bytes in, events out, answers in, bytes out.
///
/// The owner feeds what it read with `receive`, then takes events with `nextEvent` until there is
/// none. It answers each call, at once or later, in any order, and every step may leave bytes for
/// the peer in `output`, which the owner writes and consumes.
///
/// A call without a stream is answered with `respond` or `fail`. One with a stream in either
/// direction is first told to the framing with `open`; then the owner takes the peer's messages
/// with `takeMessage` when it wants them, sends its own with `send` while there is room, and ends
/// the call with `finish`, `fail`, or, when the answer is one message, `respond`.
///
/// Misuse of these functions by the owner is a bug and traps. A violation by the peer throws
/// `ProtocolViolation`: the owner writes what is left in `output` and closes. What is said on a
/// call that the peer has cancelled is legitimate and is ignored.
package protocol Framing: ~Copyable {
  /// Which protocol it is.
  static var wire: WireProtocol { get }

  /// Whether the protocol can say that no further calls are accepted, so that their callers know
  /// that they were not begun.
  static var announcesEnd: Bool { get }

  /// Takes bytes that arrived from the peer.
  mutating func receive(_ bytes: Span<UInt8>) throws(ProtocolViolation)

  /// Finds what has happened next; `nil` when more bytes are needed. The call that the event before
  /// it brought must have been answered or opened or will be answered later: its bytes are gone.
  mutating func nextEvent() throws(ProtocolViolation) -> FramingEvent?

  /// Forgets the bytes of the current call and of the current message: whoever took them has copied
  /// what is to stay, and they may hold a secret.
  mutating func release()

  /// The call that the last `nextEvent` found.
  var currentCall: IncomingCall { @_lifetime(borrow self) borrowing get }

  /// Answers a call with an encoded response message, which ends it.
  mutating func respond(to stream: UInt32, payload: Span<UInt8>)

  /// Ends a call with a failure, also after messages.
  mutating func fail(_ stream: UInt32, _ status: Status)

  /// Whether the peer still waits for the answer of a taken call, as far as the protocol tells.
  func awaitsAnswer(_ stream: UInt32) -> Bool

  /// Makes a taken call one that streams: events tell of it until it ends.
  mutating func open(_ stream: UInt32)

  /// Takes the peer's next message off an open stream, for `currentMessage`.
  mutating func takeMessage(from stream: UInt32) -> StreamInput

  /// The message that the last `takeMessage` took, until the framing is used again.
  var currentMessage: Span<UInt8> { @_lifetime(borrow self) borrowing get }

  /// Whether a further message would be sent soon. If not, a `writable` event follows; a message
  /// sent in spite of that is kept.
  mutating func hasRoom(on stream: UInt32) -> Bool

  /// Sends an encoded message on an open stream.
  mutating func send(on stream: UInt32, payload: Span<UInt8>)

  /// Ends an open stream well, after its last message.
  mutating func finish(_ stream: UInt32)

  /// Whether answers wait for their peers to end what they are sending.
  var holdsAnswers: Bool { borrowing get }

  /// Gives the answers that have waited since the last time, whatever their peers do.
  mutating func giveHeldAnswers()

  /// The bytes for the peer.
  var output: ByteBuffer { borrowing get set }

  /// Moves what the protocol holds back (HTTP/2 frames) into `output`, as far as `limit` bytes.
  mutating func flush(limit: Int)

  /// Tells the peer that no further calls are accepted, if the protocol can say so: first that this
  /// is going to be, when called again that it is. A call that was taken before is served.
  mutating func beginDrain()

  /// Why a finished connection has ended, if its peer broke the rules and nothing was thrown.
  var violation: ProtocolViolation? { borrowing get }

  /// Whether the connection can be closed once `output` is written: the protocol has ended, or the
  /// peer knows that no further calls are accepted and none is open.
  var isFinished: Bool { borrowing get }

  /// The calls that have been taken or begun and have not been answered.
  var openCalls: Int { borrowing get }

  /// The bytes of answers that the peer has not been sent yet.
  var unsentBytes: Int { borrowing get }

  /// The bytes that the connection holds for its peer: requests that were not taken and answers
  /// that were not sent, as what is allocated for them.
  var heldBytes: Int { borrowing get }
}

/// What a framing has found in the bytes that arrived, about the stream of that id.
package enum FramingEvent: Equatable, Sendable {
  /// A call, as `currentCall` tells it.
  case call(UInt32)
  /// `takeMessage` has something new to say on an open stream: a message, or that no more come.
  case readable(UInt32)
  /// An open stream that had no room has room again.
  case writable(UInt32)
  /// The peer has given an open stream up, or broken its rules and been told so. The framing has
  /// forgotten it.
  case cancelled(UInt32)
}

/// What one connection may hold, for either framing.
package struct FramingLimits: Sendable {
  /// The largest encoded message in bytes. Default: 4 MiB.
  package var messageBytes = 4 << 20
  /// The most bytes of request headers or metadata, names and values and 32 each, as HTTP/2 counts.
  /// Default: 8 KiB.
  package var headerBytes = 8 << 10
  /// The most calls that one connection may have open. Default: 1,024.
  package var callsInFlight = 1024

  package init() {}
}

/// What a peer did that its protocol does not allow and that ends the connection.
package struct ProtocolViolation: Error, Sendable {
  /// A few words for the log, without bytes of the peer's.
  package let reason: String

  package init(_ reason: String) { self.reason = reason }
}

/// What stands next on the peer's half of a stream.
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

  package var name: String { "\(self)" }
}
