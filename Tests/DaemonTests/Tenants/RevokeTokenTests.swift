internal import Messages
internal import PosternClient
internal import TestSupport
internal import Testing

/// Revoking by id: OK means revoked or never there, for callers that may know.
@Suite struct RevokeTokenTests {
  private let folder = TemporaryFolder()

  /// A role that may revoke the tokens of users, and no org token.
  private func world() throws -> World {
    let path = folder.write(
      "policy.json5",
      """
      { actions: { "user_token.revoke": { any: ["administrator", "self", "role:usage"] } } }
      """)
    let world = try World(["--policy", path])
    let client = try world.daemon.client()
    _ = try client.setUserRoles { request in
      request.setOrganizationID("acme")
      request.setUserID("bob")
      request.addRoles("usage")
    }
    return world
  }

  @Test(arguments: PeerKind.allCases) func neverSaysRevokedOfWhatIsNot(kind: PeerKind) throws {
    let world = try world()
    let client = try world.daemon.client()
    let ours = try client.issueOrgToken(named: "ci", of: "acme", [.api])
    let theirs = try client.issueOrgToken(named: "ci", of: "other", [.api])
    let carols = try client.issueToken(for: "carol", of: "acme")
    let mallorys = try client.issueToken(for: "mallory", of: "other")
    let peer = try kind.connect(world.daemon)
    var stream: UInt32 = 1
    func revoke(_ id: String, _ subject: PermissionMatrixTests.Subject) throws -> Outcome {
      let call = WireCall(
        method: "RevokeToken", payload: Encoding.field(2, id), bearer: world.secret(of: subject))
      defer { stream += 2 }
      try peer.sendUnary(call, stream: stream)
      return try peer.unary(stream)
    }
    let refused = try revoke(ours.id, .user)
    #expect(refused.code == 7 && refused.metadata["action"] == "org_token.delete", "\(refused)")
    #expect(try client.isActive(ours.secret))
    // What is another organization's is as unknown as what never was.
    for id in [theirs.id, mallorys.id, "0000000000000000000000"] {
      #expect(try revoke(id, .user).code == 0)
    }
    #expect(try client.isActive(theirs.secret))
    #expect(try client.isActive(mallorys.secret))
    // A caller that may revoke no token of others learns nothing.
    let unknown = try revoke("0000000000000000000000", .writer)
    for id in [ours.id, theirs.id, mallorys.id] {
      #expect(try revoke(id, .writer) == unknown)
    }
    #expect(unknown.code == 7)
    #expect(try revoke(carols.id, .user).code == 0)
    #expect(try !client.isActive(carols.secret))
    #expect(try revoke(ours.id, .administrator).code == 0)
    #expect(try !client.isActive(ours.secret))
  }
}
