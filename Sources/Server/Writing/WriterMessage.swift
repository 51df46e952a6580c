/// What the writer is told.
enum WriterMessage: Sendable {
  case command(Command)
  /// Ends the writer once the commands before are done.
  case stop
}
