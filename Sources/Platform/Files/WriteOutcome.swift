/// What a write that succeeded took.
package enum WriteOutcome: Sendable, Equatable {
  /// So many bytes were taken from the start of the buffer, perhaps fewer than offered.
  case bytes(Int)
  /// No room, and the descriptor is nonblocking.
  case wouldBlock
}
