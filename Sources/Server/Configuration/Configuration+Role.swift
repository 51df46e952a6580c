package import Platform
package import RPC

extension Configuration {
  /// The role of the process that connected; the greatest of those that its user and any of its
  /// groups have.
  ///
  /// What can't be found out gives no role: groups that the kernel doesn't tell count for nothing,
  /// and whoever holds a connection that has outlived its maker is a client.
  package func role(
    of peer: PeerCredentials, on socket: borrowing FileDescriptor, _ log: Log
  ) -> Role {
    var groupIDs = [peer.groupID]
    // Without a rule about groups there is nothing to ask.
    if !operatorGroupIDs.isEmpty || !issuerGroupIDs.isEmpty {
      do {
        groupIDs += try PeerGroups(of: socket).groupIDs
      } catch {
        report(log, peer, "the groups of a peer are unknown", "\(error)")
      }
    }
    let role = role(userID: peer.userID, groupIDs: groupIDs)
    if role == .client { return role }
    if let doubt = Self.doubt(about: socket) {
      report(log, peer, "a peer has the least role", doubt)
      return .client
    }
    return role
  }

  private func role(userID: UInt32, groupIDs: [UInt32]) -> Role {
    if operatorUserIDs.contains(userID) || groupIDs.contains(where: operatorGroupIDs.contains) {
      return .operator
    }
    if issuerUserIDs.contains(userID) || groupIDs.contains(where: issuerGroupIDs.contains) {
      return .issuer
    }
    return .client
  }

  /// Why the process that made a connection can't be taken for the one that uses it.
  ///
  /// Before Linux 6.5 it can't be asked for: there what the kernel noted at connect has to do.
  private static func doubt(about socket: borrowing FileDescriptor) -> String? {
    do {
      switch try PeerProcess.of(socket) {
      case .unsupported: return nil
      case .exited: return "its process has ended"
      case .process(let process):
        return try process.hasExited() ? "its process has ended" : nil
      }
    } catch {
      return "\(error)"
    }
  }

  private func report(_ log: Log, _ peer: PeerCredentials, _ event: String, _ reason: String) {
    log.write(
      .debug, event,
      [("uid", "\(peer.userID)"), ("pid", "\(peer.processID)"), ("reason", reason)])
  }
}
