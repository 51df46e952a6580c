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
