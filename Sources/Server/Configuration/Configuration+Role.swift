internal import Platform
internal import RPC

extension Configuration {
  /// The role of a process; the greatest of those that its user and its group have.
  func role(of peer: PeerCredentials) -> Role {
    if operatorUserIDs.contains(peer.userID) || operatorGroupIDs.contains(peer.groupID) {
      return .operator
    }
    if issuerUserIDs.contains(peer.userID) || issuerGroupIDs.contains(peer.groupID) {
      return .issuer
    }
    return .client
  }
}
