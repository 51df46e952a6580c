package import Platform
package import RPC

extension Configuration {
  /// The role of the process that connected; the greatest of those that its user and any of its
  /// groups have, unless one of them takes every role away.
  ///
  /// Facts that can't be found out give no role: groups that the kernel doesn't tell count for
  /// nothing, and so do ids that stand for any user in this user namespace; a connection that has
  /// outlived the process that made it is a client's.
  package func role(
    of peer: PeerCredentials, on socket: borrowing FileDescriptor, log: Log,
    in namespace: UserNamespace = .current
  ) -> Role {
    var groupIDs = [peer.groupID]
    // Without a rule about groups there is nothing to ask.
    if !operatorGroupIDs.isEmpty || !issuerGroupIDs.isEmpty || !bearerGroupIDs.isEmpty {
      do {
        groupIDs += try PeerGroups(of: socket).groupIDs
      } catch {
        log.report(peer, "the groups of a peer are unknown", reason: "\(error)")
        // One of them may take its role away.
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
      log.report(peer, "a peer has the least role", reason: doubt)
      return .client
    }
    return role
  }

  /// Whether the process that connected is configured as a proxy, by its user or one of its groups.
  /// Facts that can't be found out make it none, as above.
  package func isProxy(
    _ peer: PeerCredentials, on socket: borrowing FileDescriptor, log: Log,
    in namespace: UserNamespace = .current
  ) -> Bool {
    guard !proxyUserIDs.isEmpty || !proxyGroupIDs.isEmpty else { return false }
    var groupIDs = [peer.groupID]
    if !proxyGroupIDs.isEmpty {
      do {
        groupIDs += try PeerGroups(of: socket).groupIDs
      } catch {
        log.report(peer, "the groups of a peer are unknown", reason: "\(error)")
      }
    }
    let isKnownUser = peer.userID != namespace.strangerUserID
    guard
      isKnownUser && proxyUserIDs.contains(peer.userID)
        || groupIDs.contains(where: {
          $0 != namespace.strangerGroupID && proxyGroupIDs.contains($0)
        })
    else { return false }
    guard let doubt = Self.doubt(about: socket) else { return true }
    log.report(peer, "a peer is not taken for a proxy", reason: doubt)
    return false
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

  /// Refuses roles for an id that stands for any user in this user namespace; also for the daemon's
  /// own user, which is an operator.
  package func checkRoles(in namespace: UserNamespace = .current) throws(ConfigurationError) {
    if let stranger = namespace.strangerUserID {
      if ProcessControl.userID == stranger {
        throw ConfigurationError(
          "user \(stranger), as which it runs, stands for every user that this user namespace "
            + "doesn't map: all of them would be operators; run it as a user that is mapped")
      }
      try Self.refuse(stranger, among: operatorUserIDs, role: "operator", kind: "user")
      try Self.refuse(stranger, among: issuerUserIDs, role: "issuer", kind: "user")
      try Self.refuse(stranger, among: proxyUserIDs, role: "proxy", kind: "user")
    }
    if let stranger = namespace.strangerGroupID {
      try Self.refuse(stranger, among: operatorGroupIDs, role: "operator", kind: "group")
      try Self.refuse(stranger, among: issuerGroupIDs, role: "issuer", kind: "group")
      try Self.refuse(stranger, among: proxyGroupIDs, role: "proxy", kind: "group")
    }
  }

  private static func refuse(
    _ stranger: UInt32, among configured: Set<UInt32>, role: String, kind: String
  ) throws(ConfigurationError) {
    guard configured.contains(stranger) else { return }
    throw ConfigurationError(
      "\(kind) \(stranger), which is configured as \(role), stands for every \(kind) that this "
        + "user namespace doesn't map: name a \(kind) that is mapped")
  }

  /// Why the process that made a connection can't be taken for the one that uses it.
  ///
  /// Before Linux 6.5 the kernel can't tell: the credentials noted at connect have to suffice.
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

}

extension Log {
  fileprivate func report(_ peer: PeerCredentials, _ event: String, reason: String) {
    debug(
      event,
      [("uid", "\(peer.userID)"), ("pid", "\(peer.processID)"), ("reason", reason)])
  }
}
