/// What the reader of the policy file is told.
enum PolicyReaderMessage: Sendable {
  /// Reads the file for a command and hands it on to the writer.
  case read(Command)
  case stop
}
