internal import Messages
internal import PosternClient
internal import RPC
internal import Services
internal import TestSupport
internal import Testing

/// The epoch of the ledger: in every answer, and in every question that names a revision.
@Suite struct LedgerEpochTests {
  private static let zero = [UInt8](repeating: 0, count: 8)

  /// The encoded field of an epoch.
  static func field(_ epoch: UInt64) -> [UInt8] {
    Encoding.varint(16 << 3 | 1)
      + (0..<8).map { UInt8(truncatingIfNeeded: epoch >> (8 * UInt64($0))) }
  }

  private static func epoch(_ client: PosternClient) throws(ClientError) -> UInt64 {
    let reply = try client.getStatus { _ in }
    return reply.message.ledgerEpoch
  }

  @Test func staysOverARestart() throws {
    let daemon = try Daemon()
    let epoch = try Self.epoch(daemon.client())
    #expect(epoch != 0)
    #expect(try daemon.stop() == .exited(0))
    let next = try Daemon(folder: daemon.folder)
    #expect(try Self.epoch(next.client()) == epoch)
    // Another ledger has another epoch.
    let other = try Daemon()
    #expect(try Self.epoch(other.client()) != epoch)
  }

  /// On both protocols each answer carries the epoch, and a method with `at_least_revision` refuses
  /// another one.
  @Test func isInEveryAnswerAndQuestion() throws {
    let world = try World()
    let epoch = try Self.epoch(world.daemon.client())
    let ttrpc = try TTRPCPeer(world.daemon)
    let grpc = try GRPCPeer(world.daemon)
    var stream: UInt32 = 1
    var (answered, refused) = (0, 0)
    for method in Method.allCases where method.descriptor.service.hasPrefix("postern.v1.") {
      let descriptor = method.descriptor
      for (index, given) in [[], Self.field(epoch), Self.field(epoch ^ 1)].enumerated() {
        var call = WireCall(
          service: descriptor.service, method: descriptor.name,
          payload: Self.payloads[descriptor.name] ?? [])
        call.payload += given
        if descriptor.kind.streamsResponses { call.timeout = 90_000_000 }
        for peer in [ttrpc, grpc] as [any StreamPeer] {
          let (messages, outcome) = try peer.answer(to: call, descriptor, stream)
          let what = "\(descriptor.name), \(index): \(outcome)"
          if index == 2, Self.takesRevision(descriptor) {
            #expect(outcome.code == 9 && outcome.reason == "LEDGER_EPOCH", "\(what)")
            #expect(outcome.message.contains("\(epoch)"), "\(what)")
            #expect(outcome.message.contains("\(epoch ^ 1)"), "\(what)")
            refused += 1
          } else {
            let answers = messages + (outcome.code == 0 ? [outcome.payload] : [])
            for answer in answers where !answer.isEmpty {
              #expect(answer.contains(Self.field(epoch)), "\(what)")
              answered += 1
            }
          }
        }
        stream += 2
      }
    }
    #expect(answered > 50)
    #expect(refused > 30)
  }

  /// Whether a request of the method has `at_least_revision`: queries, and streams of that kind.
  /// A report of uses asks nothing.
  private static func takesRevision(_ method: MethodDescriptor) -> Bool {
    switch method.kind {
    case .query: method.name != "ReportUses"
    case .command, .background: false
    case .stream: ["Watch", "ListEvents", "Export"].contains(method.name)
    }
  }

  /// What some methods need to answer.
  private static let payloads: [String: [UInt8]] = [
    "GetOrganization": Encoding.field(1, "acme"), "ListUsers": Encoding.field(1, "acme"),
    "GetUser": Encoding.field(1, "acme") + Encoding.field(2, "bob"),
    "ListTeams": Encoding.field(1, "acme"), "ListTokens": Encoding.field(1, "acme"),
    "GetTeam": Encoding.field(1, "acme") + Encoding.field(2, "writers"),
    "ListTeamMembers": Encoding.field(1, "acme") + Encoding.field(2, "writers"),
    "ListResources": Encoding.field(1, "acme"), "Export": Encoding.field(1, "acme"),
    "GetUsage": Encoding.field(1, "acme"),
    "RevokeToken": Encoding.field(2, "0000000000000000000000"),
    "InviteUser": Encoding.field(1, "acme") + Encoding.field(2, "bob"),
    "IssueToken": Encoding.field(1, "acme") + Encoding.field(2, "bob"),
    "BatchCheck": Encoding.field(3, Encoding.field(1, "dashboard.create")),
    "Check": Encoding.field(2, "dashboard.create"),
  ]
}
