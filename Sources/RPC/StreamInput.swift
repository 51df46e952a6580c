/// What stands next on the peer's half of a stream.
package enum StreamInput: Equatable, Sendable {
  /// A message.
  case message
  /// Nothing yet; a `readable` event follows.
  case empty
  /// The peer has said that no more messages come.
  case ended
}
