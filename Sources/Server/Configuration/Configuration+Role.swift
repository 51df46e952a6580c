package import Platform
package import RPC

extension Configuration {
  /// The role of the process that connected; the greatest of those that its user and any of its
  /// groups have, unless one of them takes every role away.
  ///
  /// What can't be found out gives no role: groups that the kernel doesn't tell count for nothing,
  /// and so do ids that stand for anybody in this user namespace; whoever holds a connection that
  /// has outlived its maker is a client.
  package func role(
    of peer: PeerCredentials, on socket: borrowing FileDescriptor, _ log: Log,
    in namespace: UserNamespace = .current
  ) -> Role {
    var groupIDs = [peer.groupID]
    // Without a rule about groups there is nothing to ask.
    if !operatorGroupIDs.isEmpty || !issuerGroupIDs.isEmpty || !bearerGroupIDs.isEmpty {
      do {
        groupIDs += try PeerGroups(of: socket).groupIDs
      } catch {
        report(log, peer, "the groups of a peer are unknown", "\(error)")
        // It may be in one that takes its role away.
        if !bearerGroupIDs.isEmpty { return .client }
      }
    }
    if bearerUserIDs.contains(peer.userID) || groupIDs.contains(where: bearerGroupIDs.contains) {
      return .client
    }
    let role = role(
      userID: peer.userID == namespace.strangerUserID ? nil : peer.userID,
      groupIDs: groupIDs.filter { $0 != namespace.strangerGroupID })
    if role == .client { return role }
    if let doubt = Self.doubt(about: socket) {
      report(log, peer, "a peer has the least role", doubt)
      return .client
    }
    return role
  }

  private func role(userID: UInt32?, groupIDs: [UInt32]) -> Role {
    let userIDs = userID.map { [$0] } ?? []
    if userIDs.contains(where: operatorUserIDs.contains)
      || groupIDs.contains(where: operatorGroupIDs.contains)
    {
      return .operator
    }
    if userIDs.contains(where: issuerUserIDs.contains)
      || groupIDs.contains(where: issuerGroupIDs.contains)
    {
      return .issuer
    }
    return .client
  }

  /// Refuses roles for an id that stands for anybody in this user namespace; the daemon's own user
  /// among them, which is an operator.
  package func checkRoles(in namespace: UserNamespace = .current) throws(ConfigurationError) {
    if let stranger = namespace.strangerUserID {
      if ProcessControl.userID == stranger {
        throw ConfigurationError(
          "user \(stranger), as which it runs, stands for every user that this user namespace "
            + "doesn't map: all of them would be operators; run it as a user that is mapped")
      }
      try Self.check(operatorUserIDs, stranger, "operator", "user")
      try Self.check(issuerUserIDs, stranger, "issuer", "user")
    }
    if let stranger = namespace.strangerGroupID {
      try Self.check(operatorGroupIDs, stranger, "operator", "group")
      try Self.check(issuerGroupIDs, stranger, "issuer", "group")
    }
  }

  private static func check(
    _ configured: Set<UInt32>, _ stranger: UInt32, _ role: String, _ kind: String
  ) throws(ConfigurationError) {
    guard configured.contains(stranger) else { return }
    throw ConfigurationError(
      "\(kind) \(stranger), which is configured as \(role), stands for every \(kind) that this "
        + "user namespace doesn't map: name a \(kind) that is mapped")
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
