internal import CLinux
internal import Glibc

/// The peer of a Unix socket, as the kernel recorded it at `connect`.
///
/// Hazard: decide by user and group only. The process may have ended and its number may be in use
/// again, so the number is for log lines only. The descriptor can also be inherited or passed to
/// another process.
package struct PeerCredentials: Sendable, Equatable, Hashable {
  /// The effective user.
  package let userID: UInt32
  /// The effective group. `PeerGroups` has the supplementary groups.
  package let groupID: UInt32
  /// The process, or 0 if it is in a PID namespace that this process can't see.
  package let processID: Int32

  package init(userID: UInt32, groupID: UInt32, processID: Int32) {
    self.userID = userID
    self.groupID = groupID
    self.processID = processID
  }

  /// Asks the kernel for the peer of a connected Unix socket (`SO_PEERCRED`).
  ///
  /// - Throws: the kernel's error; `Errno.notConnected` if there is no peer, which the kernel
  ///   reports as an impossible user id.
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

/// The supplementary groups of the peer of a Unix socket, as the kernel recorded them at `connect`.
/// Nothing is looked up by process number.
package struct PeerGroups: Sendable, Equatable {
  /// In the kernel's order.
  package let groupIDs: [UInt32]

  /// Asks the kernel for the groups of the peer (`SO_PEERGROUPS`).
  ///
  /// - Throws: the kernel's error; the caller must then assume that the peer has none of the
  ///   groups.
  package init(of socket: borrowing FileDescriptor) throws(Errno) {
    let descriptor = socket.rawValue
    // Most processes have few groups; the most that Linux allows is 65,536.
    var count = 32
    while true {
      var groups = [UInt32](repeating: 0, count: count)
      let room = count
      do {
        // SAFETY: the call writes at most `count` numbers, and the pointer stays in the closure.
        _ = try unsafe groups.withUnsafeMutableBufferPointer { buffer throws(Errno) in
          try SystemCall.value { unsafe clinux_peer_groups(descriptor, buffer.baseAddress, &count) }
        }
        groupIDs = Array(groups.prefix(count))
        return
      } catch {
        // The groups can't change after the connect, so the second attempt has enough room.
        guard error == Errno(ERANGE), count > room else { throw error }
      }
    }
  }
}
