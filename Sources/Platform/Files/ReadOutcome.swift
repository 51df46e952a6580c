/// What a read that succeeded found.
package enum ReadOutcome: Sendable, Equatable {
  /// So many bytes, one or more, were placed at the start of the buffer.
  case bytes(Int)
  /// The other side will send nothing more, or the file ends here.
  case endOfFile
  /// Nothing waits, and the descriptor is nonblocking.
  case wouldBlock
}
