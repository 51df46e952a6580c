internal import RPC

/// What a worker is told by the other threads.
enum WorkerMessage: Sendable {
  /// A new connection, whose descriptor is now the worker's.
  case accepted(descriptor: Int32, peer: Peer)
  /// The answer to a command.
  case answered(CommandAnswer)
  /// A revision was published.
  case published
  /// Asks for a sign of life.
  case probe(@Sendable () -> Void)
  /// No further calls: finish what is open and close.
  case drain
}
