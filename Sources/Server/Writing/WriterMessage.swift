internal import Ledger
internal import Services

/// What the writer is told.
enum WriterMessage: Sendable {
  case command(Command)
  /// The uses of tokens that a worker has counted.
  case uses(UsageBatch, worker: Int)
  /// The attempts that a worker has denied.
  case denied(DenialTable)
  /// Calls the closure, to show that the writer takes messages.
  case probe(@Sendable () -> Void)
  /// Ends the writer once the commands before are done.
  case stop
}
