internal import Synchronization

/// How many commands are on their way to the writer, for the limit on them.
final class WaitingCommands: Sendable {
  let count = Atomic<Int>(0)
}
