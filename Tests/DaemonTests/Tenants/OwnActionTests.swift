internal import Messages
internal import PosternClient
internal import TestSupport
internal import Testing

/// Calls that read all of an organization have actions of their own: a caller that may read the
/// organization may not therefore read its audit, its usage, or its directory.
@Suite struct OwnActionTests {
  /// A method with the request for `acme`, and the action that it needs.
  private static let calls = [
    ("AuditService", "ListEvents", Encoding.field(1, "acme"), "audit.read"),
    ("WatchService", "Watch", Encoding.field(2, "acme"), "audit.read"),
    ("AuditService", "GetUsage", Encoding.field(1, "acme"), "usage.read"),
    ("DirectoryService", "Export", Encoding.field(1, "acme"), "directory.export"),
  ].map { (call: WireCall(service: "postern.v1.\($0)", method: $1, payload: $2), action: $3) }

  private let folder = TemporaryFolder()

  private func world(opening actions: [String]) throws -> World {
    let rules = actions.map { #""\#($0)": { any: ["member"] }"# }.joined(separator: ", ")
    let path = folder.write("policy.json5", "{ actions: { \(rules) } }")
    return try World(["--policy", path])
  }

  private func outcome(
    of call: WireCall, _ peer: any StreamPeer, _ stream: UInt32
  ) throws -> Outcome {
    if call.method == "GetUsage" {
      try peer.sendUnary(call, stream: stream)
      return try peer.unary(stream)
    }
    try peer.open(call, stream: stream)
    // A watch stands with its first message.
    guard call.method == "Watch" else { return try peer.all(stream).outcome }
    return try peer.next(stream).outcome ?? Outcome(payload: [])
  }

  @Test(arguments: PeerKind.allCases) func areNotReadingTheOrganization(kind: PeerKind) throws {
    let world = try world(opening: ["organization.get", "organization_user.get"])
    let peer = try kind.connect(world.daemon)
    var get = WireCall(service: "postern.v1.DirectoryService", method: "GetOrganization")
    get.payload = Encoding.field(1, "acme")
    get.bearer = world.secret(of: .user)
    try peer.sendUnary(get, stream: 1)
    #expect(try peer.unary(1).code == 0)
    for (index, (call, action)) in Self.calls.enumerated() {
      var call = call
      call.bearer = world.secret(of: .user)
      let outcome = try outcome(of: call, peer, UInt32(2 * index + 3))
      #expect(outcome.code == 7, "\(call.method): \(outcome)")
      #expect(outcome.metadata["action"] == action)
    }
  }

  @Test(arguments: PeerKind.allCases) func areOpenedByThePolicyOneByOne(kind: PeerKind) throws {
    for opened in ["audit.read", "usage.read", "directory.export"] {
      let world = try world(opening: [opened])
      let peer = try kind.connect(world.daemon)
      for (index, (call, action)) in Self.calls.enumerated() {
        var call = call
        call.bearer = world.secret(of: .user)
        let outcome = try outcome(of: call, peer, UInt32(2 * index + 1))
        #expect(outcome.code == (action == opened ? 0 : 7), "\(call.method): \(outcome)")
      }
    }
  }
}
