internal import Messages
internal import PosternClient
internal import RPC
internal import Services
internal import TestSupport
internal import Testing

/// Attempts that were denied are recorded, wherever they were denied.
@Suite struct DeniedAttemptTests {
  private static func denials(_ client: PosternClient) throws -> Set<String> {
    var found: Set<String> = []
    try client.listEvents { request in
      request.addKinds(.denied)
    } each: { message in
      for index in 0..<message.eventsCount {
        let event = message.events(at: index)
        for row in 0..<event.denialsCount {
          let denial = event.denials(at: row)
          let method = String(denial.method).split(separator: "/").last ?? ""
          found.insert(
            "\(String(denial.organizationID))/\(String(denial.userID)) \(method)"
              + " \(String(denial.status)) \(denial.count)")
        }
      }
      return true
    }
    return found
  }

  /// A user with more tokens than there are rows displaces no other user's.
  @Test func areRecordedBesideOneWithVeryManyTokens() throws {
    let world = try World()
    let client = try world.daemon.client()
    let peer = try GRPCPeer(world.daemon)
    var call = WireCall(
      service: "postern.v1.DirectoryService", method: "CreateTeam",
      payload: Encoding.field(1, "acme") + Encoding.field(2, "new"))
    for index in 0..<1050 {
      call.bearer = try client.issueToken(for: "carol", of: "acme").secret
      #expect(try peer.call(call, stream: UInt32(2 * index + 1)).code == 7)
    }
    call.bearer = world.secret(of: .user)
    #expect(try peer.call(call, stream: 2101).code == 7)
    #expect(try world.daemon.stop() == .exited(0))
    let next = try Daemon(folder: world.daemon.folder)
    let found = try Self.denials(next.client())
    #expect(found.contains("acme/bob CreateTeam PERMISSION_DENIED 1"), "\(found)")
    #expect(found.contains("acme/carol CreateTeam PERMISSION_DENIED 1018"))
  }

  /// What makes a file is refused on a thread of its own, and what gives a bad credential before
  /// any method sees it.
  @Test(arguments: PeerKind.allCases) func areRecordedWhereverRefused(kind: PeerKind) throws {
    let world = try World()
    let peer = try kind.connect(world.daemon)
    let (bob, acme) = (world.secret(of: .user), Encoding.field(1, "acme"))
    var stream: UInt32 = 1
    func code(_ method: Method, _ payload: [UInt8], _ metadata: [(String, String)]) throws -> Int32
    {
      let descriptor = method.descriptor
      defer { stream += 2 }
      let call = WireCall(
        service: descriptor.service, method: descriptor.name, payload: payload, metadata: metadata)
      return try peer.answer(to: call, descriptor, stream).outcome.code
    }
    let bearer = [("authorization", "Bearer \(bob)")]
    #expect(try code(.adminServiceBackup, Encoding.field(1, "/nonexistent"), bearer) == 7)
    #expect(try code(.adminServiceBackup, Encoding.field(1, "no path"), bearer) == 7)
    let bad = [("authorization", "Basic YTpi")]
    #expect(try code(.directoryServiceCreateTeam, acme, bad) == 16)
    #expect(try code(.adminServiceBackup, Encoding.field(1, "/nonexistent"), bad) == 16)
    #expect(try code(.tokenServiceRevokeTokens, acme, [("x-sf-token", bob)]) == 16)
    // Reading changes nothing.
    #expect(try code(.directoryServiceListUsers, acme, bad) == 16)
    // A later message of a stream.
    let record = Encoding.field(1, Encoding.field(1, Encoding.field(1, "acme")))
    try peer.openSending(
      WireCall(service: "postern.v1.DirectoryService", method: "Import"), stream: stream)
    try peer.sendMessage(record + Encoding.field(14, "x y"), on: stream)
    #expect(try peer.all(stream).outcome.code == 16)
    #expect(try world.daemon.stop() == .exited(0))
    let next = try Daemon(folder: world.daemon.folder)
    #expect(
      try Self.denials(next.client()) == [
        "acme/bob Backup PERMISSION_DENIED 2", "/ CreateTeam UNAUTHENTICATED 1",
        "/ Backup UNAUTHENTICATED 1", "/ RevokeTokens UNAUTHENTICATED 1",
        "/ Import UNAUTHENTICATED 1",
      ])
  }

  @Test(arguments: PeerKind.allCases) func areRecorded(kind: PeerKind) throws {
    let world = try World()
    let client = try world.daemon.client()
    let orgToken = try client.issueOrgToken(named: "ci", of: "acme", [.api]).id
    let userToken = try client.issueToken(for: "carol", of: "acme").id
    let peer = try kind.connect(world.daemon)
    let acme = Encoding.field(1, "acme")
    // Refused on a worker: streams that change something.
    var call = WireCall(method: "RevokeTokens", payload: acme, bearer: world.secret(of: .user))
    for stream in [1, 3] as [UInt32] {
      try peer.open(call, stream: stream)
      #expect(try peer.all(stream).outcome.code == 7)
    }
    call = WireCall(service: "postern.v1.DirectoryService", method: "Import")
    call.bearer = world.secret(of: .user)
    try peer.openSending(call, stream: 5)
    #expect(try peer.all(5).outcome.code == 7)
    // What belongs to another organization, whatever the answer.
    let stranger = try world.daemon.client(bearer: world.secret(of: .stranger))
    try stranger.revoke(id: userToken)
    try stranger.revoke(id: orgToken)
    _ = failure { () throws(ClientError) in try stranger.orgToken(orgToken) }
    _ = failure { () throws(ClientError) in _ = try stranger.rotate(orgToken) }
    _ = failure { () throws(ClientError) in
      try stranger.getUser { request in
        request.setOrganizationID("acme")
        request.setUserID("carol")
      }
    }
    _ = failure { () throws(ClientError) in
      try stranger.getTeam { request in
        request.setOrganizationID("acme")
        request.setTeamID("writers")
      }
    }
    // What was not there, and what is a plain user's to ask, are no such attempts.
    _ = failure { () throws(ClientError) in try stranger.orgToken("0000000000000000000000") }
    let bob = try world.daemon.client(bearer: world.secret(of: .user))
    _ = failure { () throws(ClientError) in
      try bob.listTokens { $0.setOrganizationID("acme") }
    }
    #expect(try world.daemon.stop() == .exited(0))
    let next = try Daemon(folder: world.daemon.folder)
    #expect(
      try Self.denials(next.client()) == [
        "acme/bob RevokeTokens PERMISSION_DENIED 2", "acme/bob Import PERMISSION_DENIED 1",
        "other/mallory RevokeToken PERMISSION_DENIED 2",
        "other/mallory GetToken PERMISSION_DENIED 1",
        "other/mallory RotateOrgToken PERMISSION_DENIED 1",
        "other/mallory GetUser PERMISSION_DENIED 1", "other/mallory GetTeam PERMISSION_DENIED 1",
      ])
  }
}
