internal import Testing

/// A daemon under attack, and an honest peer of it who was there before.
final class Siege {
  let world: World
  var daemon: Daemon { world.daemon }
  private let bystander: GRPCPeer
  private var nextStream: UInt32 = 1
  private let before: ProcessMemory

  /// `drainSeconds`: what the attackers leave open may keep the daemon from ending that long.
  init(_ arguments: [String] = [], drainSeconds: Int = 0, descriptors: Int? = nil) throws {
    world = try World(
      ["--log-level", "debug", "--drain-timeout", "\(drainSeconds)"] + arguments,
      descriptors: descriptors)
    bystander = try GRPCPeer(world.daemon)
    before = try ProcessMemory(world.daemon)
    try serveBystander()
  }

  /// A call that every attack may send, with a secret in it.
  var call: WireCall { WireCall(payload: Encoding.field(1, world.secret(of: .user))) }

  /// The honest peer is answered.
  func serveBystander() throws {
    let outcome = try bystander.call(call, stream: nextStream)
    #expect(outcome.code == 0 && outcome.payload.first == 0x08, "\(outcome)")
    nextStream += 2
  }

  func peer() throws -> GRPCPeer { try GRPCPeer(daemon) }

  /// What the daemon has grown by since the attack began.
  func growthBytes() throws -> Int {
    try ProcessMemory(daemon).residentBytes - before.residentBytes
  }

  /// Those who were there and those who come are served, the daemon ends as if nothing had been,
  /// and its log holds nobody's secret.
  func lift(_ attack: String, growthMaximum: Int) throws {
    try serveBystander()
    #expect(try GRPCPeer(daemon).call(call).code == 0)
    #expect(try TTRPCPeer(daemon).call(call).code == 0)
    let after = try ProcessMemory(daemon)
    let growth = after.residentBytes - before.residentBytes
    #expect(growth < growthMaximum, "\(attack): grown by \(growth) bytes")
    #expect(try daemon.stop() == .exited(0))
    let log = daemon.process.wholeOutput()
    #expect(!log.contains(world.secret(of: .user)) && !log.contains("authorization"))
  }
}
