/// The headers that tell the server behind the proxy whom the token stands for. Each is set or
/// taken out of every request that is let through, so that a client can't send one of its own.
enum IdentityHeader {
  static let userID = "x-postern-user-id"
  static let organizationID = "x-postern-organization-id"
  static let tokenID = "x-postern-token-id"
  /// The revision that was decided at.
  static let revision = "x-postern-revision"
}
