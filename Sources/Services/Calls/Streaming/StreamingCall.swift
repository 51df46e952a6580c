package import Ledger
package import Messages
package import RPC

/// A call that streams, as its worker runs it: one method's conversation with one caller.
///
/// Nothing here waits. The worker pulls: it hands over a message of the peer's when the call takes
/// one, and asks for the `next` step while the peer has room for messages. So a peer that reads
/// slowly, or not at all, stalls its own call and costs no memory. Everything happens on one
/// thread, and everything that a call holds is freed when it ends, for any reason.
package protocol StreamingCall: AnyObject {
  /// The right that its caller must have at every step; `PosternServices.takeStep` checks it.
  var permit: StreamPermit { get }

  /// Whether it is a long query, of which a worker runs one of each user at a time.
  var isLongQuery: Bool { get }

  /// Whether a message of the peer's would be taken now.
  var takesMessages: Bool { get }

  /// Takes a message of the peer's.
  func receive(_ message: Span<UInt8>, _ arena: borrowing Arena) throws(Status)

  /// The peer sends no more messages.
  func requestsEnded() throws(Status)

  /// Takes the writer's answer to the command that the last step gave.
  func answered(_ answer: Span<UInt8>, _ arena: borrowing Arena) throws(Status)

  /// The writer has refused that command. What this throws ends the call.
  func refused(_ status: Status) throws(Status)

  /// Takes the next step, from a snapshot of the newest revision, at a time of the monotonic clock.
  /// Only `PosternServices.takeStep` calls it, once `permit` has been checked.
  /// `output` is empty, for the message of the step.
  func next(
    from snapshot: borrowing Snapshot, nowNanoseconds: Int64, in arena: borrowing Arena,
    into output: inout ByteBuffer
  ) throws(Status) -> StreamStep

  /// The peer has no room for the next message. Returns after how many nanoseconds to ask again, if
  /// it has none until then either; nil for never. What this throws ends the call.
  func stalled(nowNanoseconds: Int64) throws(Status) -> Int64?

  /// The daemon stops: a call that would never end by itself ends with its next step.
  func drain()
}

// Most calls take no messages and give no commands.
extension StreamingCall {
  package var isLongQuery: Bool { false }

  package var takesMessages: Bool { false }

  package func receive(_ message: Span<UInt8>, _ arena: borrowing Arena) throws(Status) {
    preconditionFailure("a message for a call that takes none")
  }

  package func requestsEnded() throws(Status) {}

  package func answered(_ answer: Span<UInt8>, _ arena: borrowing Arena) throws(Status) {
    preconditionFailure("an answer for a call that gave no command")
  }

  package func refused(_ status: Status) throws(Status) { throw status }

  package func stalled(nowNanoseconds: Int64) throws(Status) -> Int64? { nil }

  package func drain() {}
}

/// What a streaming call does next.
package enum StreamStep {
  /// Sends the message in the output.
  case message
  /// Gives the writer the request in the output, as a step of the call's own method, and waits for
  /// the answer.
  case command
  /// Has more to do, after the others have had their turn.
  case yield
  /// Waits: for a message of the peer's; with `forLedger`, for a revision after the snapshot's; and
  /// no longer than so many nanoseconds, if any are given.
  case wait(forLedger: Bool, atMostNanoseconds: Int64?)
  /// Ends well. Where the answer is a single message, that is the output.
  case finished
}
