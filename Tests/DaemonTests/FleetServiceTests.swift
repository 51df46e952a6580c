internal import Messages
internal import PosternClient
internal import RPC
internal import Services
internal import TestSupport
internal import Testing

/// The answers about a fleet of a daemon without `--fleet`.
@Suite struct FleetServiceTests {
  private static let methods = Method.allCases.filter {
    $0.descriptor.service == "postern.v1.FleetService"
  }

  @Test func saysHowToGetAFleet() throws {
    let world = try World()
    let peers = try BothPeers(world.daemon)
    #expect(Self.methods.count >= 3)
    for method in Self.methods {
      let name = method.descriptor.name
      let outcome = try peers.ask(name, of: "FleetService", [])
      #expect(outcome.code == 9 && outcome.reason == "NO_FLEET", "\(name): \(outcome)")
      #expect(outcome.message.contains("--fleet"), "\(name)")
    }
  }

  @Test func isForOperators() throws {
    let world = try World()
    let peers = try BothPeers(world.daemon)
    for method in Self.methods where method != .fleetServiceGetFleet {
      let outcome = try peers.ask(
        method.descriptor.name, of: "FleetService", [], bearer: world.secret(of: .administrator))
      #expect(outcome.code == 7 && outcome.reason == "OPERATOR_REQUIRED", "\(outcome)")
    }
  }

  @Test func theStatusHasNone() throws {
    let daemon = try Daemon()
    let reply = try daemon.client().getStatus { _ in }
    let hasFleet = reply.message.fleet != nil
    #expect(!hasFleet)
    let metrics = try daemon.client().getMetrics { _ in }
    #expect(!String(metrics.message.openMetricsText).contains("postern_fleet"))
  }
}
