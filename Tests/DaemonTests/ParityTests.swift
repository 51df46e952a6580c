internal import Messages
internal import PosternClient
internal import TestSupport
internal import Testing

/// The same call by both protocols has the same answer: code, sentence and details.
@Suite struct ParityTests {
  @Test func failsAlike() throws {
    let world = try World()
    let ttrpc = try TTRPCPeer(world.daemon)
    let grpc = try GRPCPeer(world.daemon)
    var stream: UInt32 = 1
    for (call, code) in Self.calls(world) {
      let first = try ttrpc.call(call, stream: stream)
      let second = try grpc.call(call, stream: stream)
      #expect(first == second, "\(call.method) with \(call.payload.count) bytes")
      #expect(first.code == code, "\(call.method): \(first)")
      #expect(!first.message.isEmpty)
      #expect(first.reason.isEmpty == (first.domain != "postern"))
      stream += 2
    }
  }

  @Test func succeedsAlike() throws {
    let world = try World()
    let ttrpc = try TTRPCPeer(world.daemon)
    let grpc = try GRPCPeer(world.daemon)
    let calls = [
      WireCall(payload: Encoding.field(1, world.secret(of: .user))),
      WireCall(payload: Encoding.field(1, world.secret(of: .revoked))), WireCall(),
      WireCall(
        service: "postern.v1.PermissionService", method: "Check",
        payload: Encoding.field(1, world.secret(of: .user))
          + Encoding.field(2, "dashboard.create")),
      WireCall(
        service: "postern.v1.PermissionService", method: "BatchCheck",
        payload: Encoding.field(1, world.secret(of: .user))
          + Encoding.field(3, Encoding.field(1, "dashboard.create"))
          + Encoding.field(3, Encoding.field(1, "team.create"))),
      WireCall(
        service: "postern.v1.PermissionService", method: "Explain",
        payload: Encoding.field(1, world.secret(of: .user)) + Encoding.field(2, "team.create")),
      WireCall(
        service: "postern.v1.PermissionService", method: "Explain",
        payload: Encoding.field(1, world.secret(of: .apiToken))
          + Encoding.field(2, "datapoint.ingest")),
      WireCall(
        service: "postern.v1.PermissionService", method: "ListActions",
        payload: Encoding.field(1, world.secret(of: .writer))
          + Encoding.field(2, Encoding.field(1, "dashboard") + Encoding.field(2, "one"))),
      WireCall(
        service: "postern.v1.DirectoryService", method: "ListUsers",
        payload: Encoding.field(1, "acme"), bearer: world.secret(of: .administrator)),
      WireCall(
        method: "ListTokens", payload: Encoding.field(1, "acme"),
        bearer: world.secret(of: .administrator)),
      WireCall(
        service: "postern.v1.AuditService", method: "GetUsage",
        payload: Encoding.field(1, "acme"), bearer: world.secret(of: .administrator)),
    ]
    for (index, call) in calls.enumerated() {
      let first = try ttrpc.call(call, stream: UInt32(2 * index + 1))
      let second = try grpc.call(call, stream: UInt32(2 * index + 1))
      #expect(first == second, "\(call.method)")
      #expect(first.code == 0)
      #expect(!first.payload.isEmpty)
    }
  }

  /// Calls that fail, with their codes.
  private static func calls(_ world: World) -> [(WireCall, Int32)] {
    let acme = Encoding.field(1, "acme")
    let bob = Encoding.field(2, "bob")
    let directory = "postern.v1.DirectoryService"
    let permissions = "postern.v1.PermissionService"
    let user = world.secret(of: .user)
    let revoked = world.secret(of: .revoked)
    let future = Encoding.field(15, integer: 1 << 40)
    var calls: [(WireCall, Int32)] = [
      (WireCall(service: "no.Service", method: "X"), 12),
      (WireCall(method: "NoMethod"), 12),
      (WireCall(method: "GetToken", payload: Encoding.field(1, "short")), 3),
      (WireCall(method: "GetToken", payload: Encoding.field(1, "0000000000000000000000")), 5),
      (WireCall(method: "RevokeToken"), 3),
      (WireCall(method: "IssueToken", payload: acme), 3),
      (WireCall(method: "IssueToken", payload: acme + Encoding.field(2, "nobody")), 5),
      (WireCall(method: "IssueToken", payload: acme + bob, bearer: revoked), 16),
      (WireCall(method: "IssueToken", payload: acme + Encoding.field(2, "carol"), bearer: user), 7),
      (WireCall(method: "ListTokens", payload: acme, bearer: user), 7),
      (WireCall(method: "ListTokens", payload: Encoding.field(1, "nowhere")), 5),
      (WireCall(service: directory, method: "CreateOrganization", payload: acme), 3),
      (
        WireCall(
          service: directory, method: "CreateOrganization",
          payload: acme + Encoding.field(3, "alice")), 6
      ),
      (
        WireCall(
          service: directory, method: "SetAdministrator", payload: acme + Encoding.field(2, "alice")
        ), 9
      ),
      (WireCall(service: directory, method: "GetUser", payload: acme + bob, bearer: user), 7),
      (WireCall(service: directory, method: "GetUser", payload: acme, bearer: "\u{e9}"), 16),
      (WireCall(service: directory, method: "ListUsers", payload: acme, bearer: "x"), 16),
      (WireCall(service: permissions, method: "Check"), 3),
      (
        WireCall(
          service: permissions, method: "Check", payload: Encoding.field(2, "\u{e9}t\u{e9} 100%")
        ), 3
      ),
      (
        WireCall(
          service: permissions, method: "Check",
          payload: Encoding.field(2, String(repeating: "a", count: 50_000))), 3
      ),
    ]
    let item = Encoding.field(3, Encoding.field(1, "dashboard.create"))
    let batch = [[UInt8]](repeating: item, count: 1001).flatMap { $0 }
    for payload in [
      [], batch, item + Encoding.field(3, [0x0a, 0x03, 0x61, 0x00, 0x62]),
      item + Encoding.field(3, Encoding.field(1, "no.action")),
      item + Encoding.field(4, integer: 4),
      item + Encoding.field(1, "x") + Encoding.field(2, acme),
    ] {
      calls.append((WireCall(service: permissions, method: "BatchCheck", payload: payload), 3))
    }
    for payload in [[], Encoding.field(2, acme), Encoding.field(2, Encoding.field(1, "x"))] {
      calls.append((WireCall(service: permissions, method: "ListActions", payload: payload), 3))
    }
    calls.append((WireCall(service: permissions, method: "Explain"), 3))
    let alice = acme + Encoding.field(2, "alice")
    calls.append(
      (
        WireCall(
          service: permissions, method: "Explain",
          payload: Encoding.field(2, "team.create") + Encoding.field(4, alice), bearer: user), 7
      ))
    // The same in every method: bytes that are no message, a text that is not UTF-8, a revision
    // that is too new, no time left.
    for (service, method) in [
      ("postern.v1.TokenService", "ValidateToken"), ("postern.v1.TokenService", "IssueToken"),
      ("postern.v1.TokenService", "RevokeToken"), (permissions, "Check"),
      (permissions, "Explain"), (permissions, "BatchCheck"), (permissions, "ListActions"),
      (directory, "InviteUser"),
    ] {
      for payload in [
        [0x0a, 0x05, 0x61], Encoding.field(1, [0x61, 0x00, 0x62]), Encoding.field(1, [0xff]),
        Encoding.field(1, integer: 1), [0x0b],
      ] as [[UInt8]] {
        calls.append((WireCall(service: service, method: method, payload: payload), 3))
      }
      calls.append((WireCall(service: service, method: method, timeout: -1), 4))
    }
    for (service, method) in [
      ("postern.v1.TokenService", "ValidateToken"), ("postern.v1.AdminService", "GetStatus"),
    ] {
      calls.append((WireCall(service: service, method: method, payload: future), 14))
    }
    return calls
  }
}
