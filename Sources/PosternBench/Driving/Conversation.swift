internal import Messages

/// One peer's protocol, seen from the client: what to ask, and whether what comes back is right.
///
/// The loop does the waiting and counting, the same for every peer, so that two figures differ by
/// their servers and not by how they were asked.
protocol Conversation {
  /// Prepares a new connection.
  mutating func open(_ link: Link) throws(BenchFailure)
  /// Sends `count` requests at once.
  mutating func ask(_ count: Int, on link: Link) throws(BenchFailure)
  /// Takes whole answers from the start of `bytes`. A wrong one throws: no figure comes from it.
  mutating func hear(_ bytes: Span<UInt8>, on link: Link) throws(BenchFailure) -> Heard
}

extension Conversation {
  mutating func open(_ link: Link) throws(BenchFailure) {}
}
