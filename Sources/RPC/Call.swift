/// Who makes a call: the process, and the token that it carries.
package struct Call: ~Escapable {
  package let peer: Peer
  /// The text of the bearer token; empty for none. A secret.
  package let bearer: Span<UInt8>

  @_lifetime(copy bearer)
  package init(peer: Peer, bearer: Span<UInt8>) {
    self.peer = peer
    self.bearer = bearer
  }
}
