/// Who makes a call: the process, and the token that it carries.
package struct Call: ~Escapable {
  package let peer: Peer
  /// The text of the bearer token; empty for none. A secret.
  package let bearer: Span<UInt8>
  /// The path of the program that the process runs, UTF-8 without NUL, for people only; empty where
  /// it isn't known. Looked up for calls that change something.
  package let executable: Span<UInt8>

  @_lifetime(copy bearer, copy executable)
  package init(peer: Peer, bearer: Span<UInt8>, executable: Span<UInt8> = Span()) {
    self.peer = peer
    self.bearer = bearer
    self.executable = executable
  }
}
