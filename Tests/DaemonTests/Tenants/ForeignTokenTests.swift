internal import Messages
internal import PosternClient
internal import TestSupport
internal import Testing

/// What is asked by an organization and a token of another, or a user that is not there.
@Suite struct ForeignTokenTests {
  /// The usage of a token belongs to its own organization, also where another names its id.
  @Test func hasNoUsageHere() throws {
    let world = try World()
    let client = try world.daemon.client()
    let used = try client.issueToken(for: "bob", of: "acme")
    #expect(try client.isActive(used.secret))
    let mallory = world.secret(of: .stranger)
    // What a daemon has counted is written when it ends.
    #expect(try world.daemon.stop() == .exited(0))
    let next = try Daemon(folder: world.daemon.folder)
    for bearer in [nil, mallory] {
      let reply = try next.client(bearer: bearer).getUsage {
        $0.setOrganizationID("other")
        $0.setTokenID(used.id)
      }
      let count = reply.message.usagesCount
      #expect(count == 0)
    }
    let own = try next.client().usagePage { $0.setTokenID(used.id) }
    #expect(own.rows.count == 1)
  }

  @Test func aListOfAnUnknownUserIsRefused() throws {
    let world = try World()
    for bearer in [nil, world.secret(of: .administrator)] {
      let refusal = failure { () throws(ClientError) in
        try world.daemon.client(bearer: bearer).listTokens {
          $0.setOrganizationID("acme")
          $0.setUserID("nobody")
        }
      }
      #expect(refusal?.statusName == "NOT_FOUND")
    }
  }
}
