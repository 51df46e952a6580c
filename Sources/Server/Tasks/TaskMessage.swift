/// What the thread for tasks is told.
enum TaskMessage: Sendable {
  case task(Command)
  /// Ends it once the tasks before are done.
  case stop
}
