internal import CLinux
internal import Glibc

/// The supplementary groups of a process at the other end of a Unix socket, as the kernel noted
/// them at `connect`. Nothing is looked up by process number.
package struct PeerGroups: Sendable, Equatable {
  /// In the kernel's order.
  package let groupIDs: [UInt32]

  /// Asks the kernel for the groups of the peer (`SO_PEERGROUPS`).
  ///
  /// - Throws: the kernel's error; the answer to it is to count on none of the groups.
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
        // They can't change after the connect: the second round has the room it needs.
        guard error == Errno(ERANGE), count > room else { throw error }
      }
    }
  }
}
