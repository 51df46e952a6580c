internal import TestSupport
internal import Testing

/// A daemon under attack, and an honest peer that was connected before.
final class Siege {
  let world: World
  var daemon: Daemon { world.daemon }
  private let bystander: GRPCPeer
  private var nextStream: UInt32 = 1
  private let before: ProcessMemory
  private let ticksBefore: Int

  /// `drainSeconds`: what the attackers leave open may keep the daemon from ending that long.
  init(_ arguments: [String] = [], drainSeconds: Int = 0, descriptors: Int? = nil) throws {
    world = try World(
      ["--log-level", "debug", "--drain-timeout", "\(drainSeconds)"] + arguments,
      descriptors: descriptors)
    bystander = try GRPCPeer(world.daemon)
    before = try ProcessMemory(world.daemon)
    ticksBefore = try Self.processorTicks(world.daemon)
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

  /// Old and new connections are served, the daemon ends as after any run, and its log holds no
  /// secret. Prints what the attack has cost either side.
  func lift(_ attack: String, growthMaximum: Int) throws {
    try serveBystander()
    #expect(try GRPCPeer(daemon).call(call).code == 0)
    #expect(try TTRPCPeer(daemon).call(call).code == 0)
    let after = try ProcessMemory(daemon)
    let growth = after.residentBytes - before.residentBytes
    #expect(growth < growthMaximum, "\(attack): grown by \(growth) bytes")
    let milliseconds = (try Self.processorTicks(daemon) - ticksBefore) * 10
    let received = Self.receivedBytes(try StreamTests.metrics(daemon))
    print(
      "siege: \(attack): \(received) bytes sent; \(milliseconds) ms of CPU,",
      "\(growth) bytes grown")
    #expect(try daemon.stop() == .exited(0))
    let log = daemon.process.wholeOutput()
    #expect(!log.contains(world.secret(of: .user)) && !log.contains("authorization"))
  }

  /// What the daemon has read in all.
  private static func receivedBytes(_ text: String) -> Int {
    let name = "postern_received_bytes_total "
    let line = text.split(separator: "\n").first { $0.hasPrefix(name) } ?? ""
    return Int(line.dropFirst(name.count)) ?? 0
  }

  /// The time that the daemon has computed, in hundredths of a second.
  private static func processorTicks(_ daemon: Daemon) throws -> Int {
    let text = try ProcessMemory.read("/proc/\(daemon.process.processID)/stat")
    // The name of the program stands in parentheses; user and system time follow it as the twelfth
    // and the thirteenth.
    let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
    guard fields.count > 12 else { throw FixtureError("no statistics of the daemon") }
    return (Int(fields[11]) ?? 0) + (Int(fields[12]) ?? 0)
  }
}
