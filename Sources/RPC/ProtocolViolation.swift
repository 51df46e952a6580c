/// What a peer did that its protocol does not allow and that ends the connection.
package struct ProtocolViolation: Error, Sendable {
  /// A few words for the log, without bytes of the peer's.
  package let reason: String

  package init(_ reason: String) { self.reason = reason }
}
