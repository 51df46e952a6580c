internal import CLinux

/// Who is at the other end of a Unix socket, as the kernel saw it at `connect`.
///
/// Hazard: decide by user and group. The process may be gone and its number reused by the time it
/// is read, so it serves a log line only. A descriptor can also be inherited or passed on.
package struct PeerCredentials: Sendable, Equatable, Hashable {
  /// The effective user.
  package let userID: UInt32
  /// The effective group. `PeerGroups` knows the supplementary ones.
  package let groupID: UInt32
  /// The process, or 0 where it lives in a namespace that can't be seen from here.
  package let processID: Int32

  package init(userID: UInt32, groupID: UInt32, processID: Int32) {
    self.userID = userID
    self.groupID = groupID
    self.processID = processID
  }

  /// Asks the kernel for the peer of a connected Unix socket (`SO_PEERCRED`).
  ///
  /// - Throws: the kernel's error; `Errno.notConnected` where it knows of no peer, which it tells
  ///   by a user that can't exist.
  package init(of socket: borrowing FileDescriptor) throws(Errno) {
    let descriptor = socket.rawValue
    var userID: UInt32 = 0
    var groupID: UInt32 = 0
    var processID: Int32 = 0
    // SAFETY: the call fills the three numbers and keeps no pointer.
    _ = try SystemCall.value {
      unsafe clinux_peer_credentials(descriptor, &userID, &groupID, &processID)
    }
    guard userID != UInt32.max, groupID != UInt32.max else { throw .notConnected }
    self.init(userID: userID, groupID: groupID, processID: processID)
  }
}
