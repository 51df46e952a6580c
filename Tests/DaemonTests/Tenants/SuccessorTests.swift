internal import Glibc
internal import Messages
internal import PosternClient
internal import TestSupport
internal import Testing

/// An organization, or a user, that comes under the id of a deleted one sees nothing of it.
@Suite struct SuccessorTests {
  /// Everything that a caller is told of `acme`, as text.
  private static func everything(_ client: PosternClient, user: String = "") throws -> String {
    var text = ""
    try client.listEvents { request in
      request.setOrganizationID("acme")
      request.setUserID(user)
    } each: { message in
      text += message.jsonText + "\n"
      return true
    }
    let tokens = try client.listTokens { request in
      request.setOrganizationID("acme")
      request.setUserID(user)
    }
    text += tokens.message.jsonText + "\n"
    let usage = try client.getUsage { request in
      request.setOrganizationID("acme")
      request.setUserID(user)
    }
    return text + usage.message.jsonText
  }

  private static func token(_ id: String, over client: PosternClient) -> String {
    failure { () throws(ClientError) in _ = try client.getToken { $0.setTokenID(id) } }?.reasonName
      ?? "found"
  }

  /// Events, tokens, usage and denied attempts of the organization before: for operators only.
  @Test func anOrganizationSeesNothingOfTheOneBefore() throws {
    let folder = TemporaryFolder()
    var secrets: [String] = []
    var old = ""
    do {
      let daemon = try Daemon(folder: folder)
      let client = try daemon.client()
      try client.createOrganization("acme", administrator: "olivia")
      try client.invite("bob", to: "acme")
      let admin = try client.issueToken(for: "olivia", of: "acme")
      let bob = try client.issueToken(for: "bob", of: "acme")
      let ci = try client.issueOrgToken(named: "old-ci", of: "acme", [.api])
      secrets = [admin.secret, bob.secret, ci.secret]
      old = ci.id
      for secret in secrets { #expect(try client.isActive(secret)) }
      try daemon.client(bearer: admin.secret).putResource("dashboard", "old-board", of: "acme")
      _ = try client.deleteOrganization { $0.setOrganizationID("acme") }
      try client.createOrganization("acme", administrator: "nina")
      // Denied with a token of the one before, and written down after the new one was created.
      let late = try daemon.client(bearer: bob.secret)
      _ = failure { () throws(ClientError) in try late.createTeam("late", of: "acme") }
      #expect(try daemon.stop() == .exited(0))
    }
    let daemon = try Daemon(folder: folder)
    let client = try daemon.client()
    let nina = try client.issueToken(for: "nina", of: "acme").secret
    let successor = try daemon.client(bearer: nina)
    let seen = try Self.everything(successor)
    for trace in ["olivia", "bob", "old-ci", "old-board", "late", old] {
      #expect(!seen.contains(trace), "\(trace) in \(seen)")
    }
    #expect(seen.contains("nina"))
    #expect(Self.token(old, over: successor) == "NOT_FOUND")
    for secret in secrets { #expect(try !client.isActive(secret)) }
    // To change what is not there, as to change what never was.
    let update = failure { () throws(ClientError) in
      _ = try successor.updateOrgToken(old, ["disabled"])
    }
    #expect(update?.reasonName == "NOT_FOUND")
    let rotation = failure { () throws(ClientError) in _ = try successor.rotate(old) }
    #expect(rotation?.reasonName == "NOT_FOUND")
    // An operator sees it all.
    let all = try Self.everything(client)
    for trace in ["olivia", "bob", "old-ci", "old-board", "nina"] {
      #expect(all.contains(trace), "\(trace)")
    }
    #expect(all.contains("CreateTeam"))
    #expect(Self.token(old, over: client) == "found")
  }

  /// Watching from long ago begins with the creation.
  @Test(arguments: PeerKind.allCases) func watchesFromItsCreationOn(kind: PeerKind) throws {
    let world = try World()
    let client = try world.daemon.client()
    _ = try client.deleteOrganization { $0.setOrganizationID("acme") }
    let deleted = try client.revision()
    try client.createOrganization("acme", administrator: "nina")
    let nina = try client.issueToken(for: "nina", of: "acme").secret
    let peer = try kind.connect(world.daemon)
    let call = WireCall(
      service: "postern.v1.WatchService", method: "Watch",
      payload: Encoding.field(1, integer: 1) + Encoding.field(2, "acme"), bearer: nina)
    try peer.open(call, stream: 1)
    let message = try #require(try peer.next(1).message)
    let arena = Arena(initialBytes: 1024, limits: DecodeLimits(bytes: 1 << 20))
    let response = try PosternV1.WatchResponse(decoding: message.span, in: arena)
    #expect(response.eventsCount == 3)
    for index in 0..<response.eventsCount {
      #expect(response.events(at: index).attribution?.revision ?? 0 > deleted)
    }
  }

  /// A user that is invited again reads nothing of its predecessor; the administrators still do.
  @Test func aUserSeesNothingOfTheNamesakeBefore() throws {
    let world = try World()
    let client = try world.daemon.client()
    let first = try client.issueToken(for: "bob", of: "acme")
    #expect(try client.isActive(first.secret))
    try client.deleteUser("bob", of: "acme")
    try client.invite("bob", to: "acme")
    let again = try client.issueToken(for: "bob", of: "acme")
    let bob = try world.daemon.client(bearer: again.secret)
    let seen = try Self.everything(bob, user: "bob")
    #expect(!seen.contains(first.id))
    #expect(!seen.contains("was deleted"))
    #expect(seen.contains(again.id))
    #expect(Self.token(first.id, over: bob) == "NOT_FOUND")
    let alice = try world.daemon.client(bearer: world.secret(of: .administrator))
    #expect(try Self.everything(alice, user: "bob").contains(first.id))
    #expect(Self.token(first.id, over: alice) == "found")
    // An administrator reads all of the organization, also about itself.
    try client.setAdministrator("bob", of: "acme", true)
    #expect(try Self.everything(bob, user: "bob").contains(first.id))
  }
}
