/// Who makes a call: the process, and the credential that it gives.
package struct Call: ~Escapable {
  package let peer: Peer
  package let credential: Credential
  /// The path of the program that the process runs, UTF-8 without NUL, for people only; empty where
  /// it isn't known. Looked up for calls that change something.
  package let executable: Span<UInt8>

  @_lifetime(copy credential, copy executable)
  package init(
    peer: Peer, credential: Credential, executable: Span<UInt8> = Span()
  ) {
    self.peer = peer
    self.credential = credential
    self.executable = executable
  }
}
