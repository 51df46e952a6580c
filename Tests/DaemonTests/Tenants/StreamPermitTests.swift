internal import Messages
internal import PosternClient
internal import TestSupport
internal import Testing

/// A stream goes on for as long as its caller may, whatever it sends and however it waits.
@Suite struct StreamPermitTests {
  private static let acme = Encoding.field(2, "acme")

  private static func watch(_ bearer: String) -> WireCall {
    WireCall(
      service: "postern.v1.WatchService", method: "Watch", payload: Self.acme, bearer: bearer)
  }

  /// A world with an organization of many users.
  private func largeWorld(users: Int) throws -> World {
    let world = try World()
    let client = try world.daemon.client()
    for start in Swift.stride(from: 0, to: users, by: 1000) {
      _ = try client.inviteUsers { request in
        request.setOrganizationID("acme")
        for index in start..<(start + 1000) { request.addUsers().setUserID("user-\(index)") }
      }
    }
    return world
  }

  /// What a caller had not been sent when it lost its right, it is not sent: but for the buffers of
  /// the connection, which are some hundred KiB of the megabytes here.
  @Test(arguments: PeerKind.allCases, ["ListEvents", "Export", "Watch"])
  func endsInTheMiddle(kind: PeerKind, method: String) throws {
    let users = 20_000
    let world = try largeWorld(users: users)
    let client = try world.daemon.client()
    for (round, end) in ["revoke", "demote", "delete"].enumerated() {
      try client.invite("admin-\(end)", to: "acme")
      try client.setAdministrator("admin-\(end)", of: "acme", true)
      let token = try client.issueToken(for: "admin-\(end)", of: "acme")
      let peer = try kind.connect(world.daemon)
      let service = ["ListEvents": "Audit", "Export": "Directory", "Watch": "Watch"][method] ?? ""
      var call = WireCall(service: "postern.v1.\(service)Service", method: method)
      call.payload =
        method == "Watch"
        ? Encoding.field(1, integer: 1) + Self.acme : Encoding.field(1, "acme")
      call.bearer = token.secret
      try peer.open(call, stream: 1)
      var received = try #require(try peer.next(1).message).count
      switch end {
      case "revoke": try client.revoke(id: token.id)
      case "demote": try client.setAdministrator("admin-\(end)", of: "acme", false)
      default: try client.deleteUser("admin-\(end)", of: "acme")
      }
      let (messages, outcome) = try peer.all(1)
      received += messages.reduce(0) { $0 + $1.count }
      #expect(outcome.code == (end == "demote" ? 7 : 16), "\(method), \(end): \(outcome)")
      #expect(received < users * (method == "Export" ? 40 : 60), "\(method), \(end), \(round)")
    }
  }

  /// A watch that waits is woken by what ends it, also by the clock alone.
  @Test(arguments: PeerKind.allCases) func endsWhileItWaits(kind: PeerKind) throws {
    let folder = TemporaryFolder()
    let path = folder.write(
      "policy.json5", #"{ actions: { "audit.read": { any: ["administrator", "scope:api"] } } }"#)
    let world = try World(["--policy", path])
    let client = try world.daemon.client()
    let peer = try kind.connect(world.daemon)
    func open(_ secret: String, _ stream: UInt32) throws {
      try peer.open(Self.watch(secret), stream: stream)
      _ = try #require(try peer.next(stream).message)
    }
    // Of itself.
    try open(try client.issueToken(for: "alice", of: "acme", seconds: 1).secret, 1)
    #expect(try peer.all(1).outcome.reason == "TOKEN_NOT_ACTIVE")
    // A secret from before a rotation, at once and after its grace.
    for (stream, grace) in [(3, nil), (5, 1)] as [(UInt32, Int64?)] {
      let token = try client.issueOrgToken(named: "o\(stream)", of: "acme", [.api])
      try open(token.secret, stream)
      let secret = try client.rotate(token.id, graceSeconds: grace).secret
      #expect(try peer.all(stream).outcome.reason == "TOKEN_NOT_ACTIVE")
      #expect(try client.isActive(secret))
    }
    // A token that is switched off.
    let token = try client.issueOrgToken(named: "off", of: "acme", [.api])
    try open(token.secret, 7)
    _ = try client.updateOrgToken(token.id, ["disabled"]) { $0.setDisabled(true) }
    #expect(try peer.all(7).outcome.reason == "TOKEN_NOT_ACTIVE")
    // Another policy.
    let last = try client.issueOrgToken(named: "last", of: "acme", [.api])
    try open(last.secret, 9)
    folder.write("policy.json5", "{}")
    _ = try client.reloadPolicy { _ in }
    #expect(try peer.all(9).outcome.code == 7)
  }

  /// A caller that stops being an administrator revokes no further; its own token goes last.
  @Test func asksAgainBeforeEachStepOfARevocation() throws {
    let world = try World()
    let client = try world.daemon.client()
    // Nine steps: time enough for a demotion before the last.
    for index in 0..<8100 {
      _ = try client.issueOrgToken(named: "t\(index)", of: "acme", [.rum])
    }
    try client.invite("zoe", to: "acme")
    try client.setAdministrator("zoe", of: "acme", true)
    let secret = try client.issueToken(for: "zoe", of: "acme").secret
    let peer = try GRPCPeer(world.daemon)
    let call = WireCall(
      method: "RevokeTokens", payload: Encoding.field(1, "acme"), bearer: secret)
    try peer.open(call, stream: 1)
    _ = try #require(try peer.next(1).message)
    try client.setAdministrator("zoe", of: "acme", false)
    #expect(try peer.all(1).outcome.code == 7)
    #expect(try client.isActive(secret))
    // The first of the user tokens come behind 8,100 org tokens.
    #expect(try client.isActive(world.secret(of: .user)))
    try client.setAdministrator("zoe", of: "acme", true)
    try peer.open(call, stream: 3)
    let (messages, outcome) = try peer.all(3)
    #expect(outcome.code == 0, "\(outcome)")
    #expect(messages.count > 0)
    #expect(try !client.isActive(world.secret(of: .user)))
    #expect(try !client.isActive(secret))
  }
}
