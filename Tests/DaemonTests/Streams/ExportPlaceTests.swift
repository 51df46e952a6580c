internal import Messages
internal import PosternClient
internal import TestSupport
internal import Testing

/// An export that a tenant doesn't read leaves others' exports alone, on either protocol.
@Suite struct ExportPlaceTests {
  private static func call(_ organization: String, bearer: String? = nil) -> WireCall {
    WireCall(
      service: "postern.v1.DirectoryService", method: "Export",
      payload: Encoding.field(1, organization), bearer: bearer)
  }

  /// What a peer leaves unread: an export of more than what waits for a reader, so that the call
  /// can't end without one.
  private static func unread(_ world: World) throws -> GRPCPeer {
    let name = String(repeating: "n", count: 250)
    _ = try world.daemon.client().inviteUsers { request in
      request.setOrganizationID("acme")
      for number in 0..<1000 {
        let user = request.addUsers()
        user.setUserID("user-\(number)")
        user.setDisplayName(name)
      }
    }
    let peer = try GRPCPeer(world.daemon, window: 8)
    try peer.open(call("acme", bearer: world.secret(of: .administrator)), stream: 1)
    // Open before others try.
    try peer.waitForHeaders(of: 1)
    return peer
  }

  @Test func anUnreadExportTakesOnePlaceOfItsTenant() throws {
    let world = try World(["--max-exports", "3"])
    let acme = world.secret(of: .administrator)
    let other = world.secret(of: .stranger)
    let reluctant = try Self.unread(world)
    let peers: [any StreamPeer] = [try TTRPCPeer(world.daemon), try GRPCPeer(world.daemon)]
    var stream: UInt32 = 1
    // A place is free some moments after its call has ended.
    func comes(_ call: WireCall, to code: Int32) throws -> [Outcome] {
      try peers.map { peer in
        var outcome = Outcome(payload: [])
        for attempt in 0..<200 where attempt == 0 || outcome.code != code {
          try peer.open(call, stream: stream)
          outcome = try peer.all(stream).outcome
          stream += 2
        }
        #expect(outcome.code == code, "\(outcome)")
        return outcome
      }
    }
    for outcome in try comes(Self.call("acme", bearer: acme), to: 8) {
      #expect(outcome.metadata["limit"] == "exports-per-organization")
    }
    _ = try comes(Self.call("other", bearer: other), to: 0)
    for organization in ["acme", ""] { _ = try comes(Self.call(organization), to: 0) }
    withExtendedLifetime(reluctant) {}
  }

  /// An unread export ends, here with its connection, and its place is free.
  @Test func anUnreadExportEnds() throws {
    let world = try World(["--stall-timeout", "1"])
    let reluctant = try Self.unread(world)
    reluctant.readToEnd()
    let peer = try TTRPCPeer(world.daemon)
    var outcome = Outcome(payload: [])
    for attempt in 0..<200 where attempt == 0 || outcome.code != 0 {
      let stream = UInt32(2 * attempt + 1)
      try peer.open(
        Self.call("acme", bearer: world.secret(of: .administrator)), stream: stream)
      outcome = try peer.all(stream).outcome
    }
    #expect(outcome.code == 0, "\(outcome)")
  }
}
