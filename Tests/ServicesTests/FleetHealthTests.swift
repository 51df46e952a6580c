internal import Fleet
internal import Ledger
internal import Messages
internal import RPC
internal import Services
internal import Testing

/// Which services serve, with a lease and without.
@Suite struct FleetHealthTests {
  private static func serving(until end: FleetLease.End) throws -> Set<String> {
    let log = try EventLog(fleet: FleetMembership.alone(until: end) {})
    var snapshot = try log.ledger.makeSnapshot()
    try snapshot.refresh(at: LedgerTime(nanoseconds: 0))
    let arena = Arena(initialBytes: 4096, limits: DecodeLimits(bytes: 1 << 20))
    var output = ByteBuffer()
    let call = Call(
      peer: Peer(userID: 1, groupID: 1, processID: 1, role: .client), credential: .absent)
    _ = try log.services.answerQuery(
      .gRPCHealthV1HealthList, Span(), for: call, from: snapshot, arena: arena, into: &output)
    let list = try GRPCHealthV1.HealthListResponse(decoding: output.bytes, in: arena)
    var found: Set<String> = []
    for index in 0..<list.statusesCount where list.statuses(at: index).value?.status == .serving {
      found.insert(String(decoding: Array(copying: list.statuses(at: index).key), as: UTF8.self))
    }
    return found
  }

  @Test func allServeWithinALease() throws {
    let all = Set(Method.allCases.map(\.descriptor.service)).union([""])
    #expect(try Self.serving(until: FleetLease.End(inNanoseconds: 3_600_000_000_000)) == all)
  }

  @Test func onlyWhatTellsOfTheHostServesWithoutOne() throws {
    let services: Set = [
      "postern.v1.AdminService", "postern.v1.FleetService", "grpc.health.v1.Health",
      "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection",
    ]
    #expect(try Self.serving(until: .never) == services)
    #expect(try Self.serving(until: FleetLease.End(inNanoseconds: 0)) == services)
  }
}

extension FleetMembership {
  /// A membership without a thread that follows a fleet.
  static func alone(
    until end: FleetLease.End, demand: @escaping @Sendable () -> Void
  ) -> FleetMembership {
    FleetMembership(
      instance: InstanceID(high: 1, low: 2), lease: FleetLease(until: end), control: NoDatabase(),
      demand: demand)
  }
}

/// A database that is away.
private struct NoDatabase: FleetControl {
  var folder: String { "" }

  func getRepair(_ membership: FleetMembership) throws(Status) -> RepairLook {
    throw .fleet(.away(""))
  }

  func appendMissing(_ membership: FleetMembership) throws(Status) -> RepairEnd {
    throw .fleet(.away(""))
  }

  func cutLog(from first: UInt64, _ membership: FleetMembership) throws(Status) -> RepairEnd {
    throw .fleet(.away(""))
  }

  func rebuildMember(_ membership: FleetMembership) throws(Status) -> RepairEnd {
    throw .fleet(.away(""))
  }

  func initializeFleet(
    leaseNanoseconds: Int64, _ membership: FleetMembership
  ) throws(Status) -> FleetBeginning {
    throw .fleet(.away(""))
  }

  func forgetMember(_ instance: InstanceID, _ membership: FleetMembership) throws(Status) {
    throw .fleet(.away(""))
  }
}
