internal import CLinux

extension FileDescriptor {
  /// Makes the kernel refuse, with `EPERM` to the sender, descriptors that a peer sends along with
  /// its bytes (`SO_PASSRIGHTS` 0). Sockets that a listener accepts inherit it.
  ///
  /// Hazard: `read` drops descriptors that came, so none stays open either way. But whoever drops
  /// the last one closes the file, and a close can take as long as a foreign file system likes.
  /// Only this refusal keeps that out of this process, and only for what is sent after it.
  ///
  /// - Returns: false where the kernel can't refuse, as before Linux 6.16.
  @discardableResult
  package func refusePassedDescriptors() -> Bool {
    clinux_refuse_rights(rawValue) == 0
  }
}

extension UnixListener {
  /// Makes the kernel refuse descriptors that a peer sends, from its connect on.
  ///
  /// - Returns: false where the kernel can't refuse, as before Linux 6.16.
  @discardableResult
  package func refusePassedDescriptors() -> Bool {
    clinux_refuse_rights(rawValue) == 0
  }
}
