package import RPC

/// The running daemon's side of an upgrade: bytes in, steps out, no I/O.
package struct UpgradeResponder {
  /// What is to be done next.
  package enum Step: Equatable, Sendable {
    /// Send what is listened at.
    case giveListeners
    /// Stop to accept, say so, and end.
    case end
  }

  private enum State {
    case untouched
    case listenersGiven
    case over
  }

  private var state = State.untouched
  private var received: [UInt8] = []

  package init() {}

  /// Takes received bytes. Returns the next step; nil for none yet.
  ///
  /// - Throws: `ProtocolViolation` for bytes that are not the expected message. The connection is
  ///   of no further use then.
  package mutating func receive(_ bytes: ArraySlice<UInt8>) throws(ProtocolViolation) -> Step? {
    precondition(state != .over, "the connection is read after its last message")
    received += bytes
    // No message of the new daemon has a body.
    guard let message = try UpgradeMessage.take(from: &received, maximumBodyBytes: 0) else {
      return nil
    }
    guard received.isEmpty else { throw ProtocolViolation("a message came too early") }
    switch (state, message) {
    case (.untouched, .request):
      state = .listenersGiven
      return .giveListeners
    case (.listenersGiven, .go):
      state = .over
      return .end
    default: throw ProtocolViolation("a message came too early")
    }
  }
}
