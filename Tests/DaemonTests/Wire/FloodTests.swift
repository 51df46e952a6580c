internal import Testing

/// Floods on gRPC's side, each from one connection: it is ended or costs a bounded amount, and
/// others are served meanwhile.
@Suite struct FloodTests {
  /// One flood: what is sent before it, and the part that is repeated.
  struct Flood: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let count: Int
    /// The code of the GOAWAY that ends the connection; nil when it may go on.
    let ending: UInt32?
    let unit: @Sendable (_ stream: UInt32, _ head: [UInt8]) -> [UInt8]
  }

  private static let calm: UInt32 = 11
  private static let plain = GRPCPeer.hpack(GRPCPeer.headers(of: WireCall()))
  private static let watch = GRPCPeer.hpack(GRPCPeer.headers(of: StreamTests.healthWatch))
  private static let reflection = GRPCPeer.hpack(GRPCPeer.headers(of: StreamTests.reflection))
  private static let half = [UInt8](repeating: 0, count: 16_000)

  private static let floods = [
    Flood(testDescription: "rapid resets", count: 20_000, ending: calm) {
      $1 + GRPCPeer.frame(3, stream: $0, bigEndian(8))
    },
    Flood(testDescription: "rapid resets of whole calls", count: 20_000, ending: calm) {
      $1 + GRPCPeer.body([], stream: $0) + GRPCPeer.frame(3, stream: $0, bigEndian(8))
    },
    Flood(testDescription: "resets provoked by a window's overflow", count: 20_000, ending: calm) {
      $1 + GRPCPeer.frame(8, stream: $0, bigEndian(0x7fff_ffff))
    },
    Flood(testDescription: "empty window updates", count: 1000, ending: 1) {
      $1 + GRPCPeer.frame(8, stream: $0, bigEndian(0))
    },
    Flood(testDescription: "resets provoked by second headers", count: 20_000, ending: calm) {
      $1 + GRPCPeer.frame(1, flags: 4, stream: $0, GRPCPeer.hpack([("x", "y")]))
    },
    Flood(testDescription: "resets provoked after a whole call", count: 20_000, ending: nil) {
      $1 + GRPCPeer.body([], stream: $0) + GRPCPeer.frame(8, stream: $0, bigEndian(0x7fff_ffff))
    },
    Flood(testDescription: "pings", count: 60_000, ending: calm) { _, _ in
      GRPCPeer.frame(6, [UInt8](repeating: 7, count: 8))
    },
    Flood(testDescription: "settings", count: 60_000, ending: calm) { _, _ in
      GRPCPeer.frame(4, [0, 3] + bigEndian(9))
    },
    Flood(testDescription: "priorities", count: 60_000, ending: calm) { stream, _ in
      GRPCPeer.frame(2, stream: stream, [0, 0, 0, 0, 1])
    },
    Flood(testDescription: "empty data", count: 60_000, ending: calm) { _, _ in
      GRPCPeer.frame(0, stream: 1)
    },
    Flood(testDescription: "data of padding only", count: 60_000, ending: nil) { _, _ in
      GRPCPeer.frame(0, flags: 8, stream: 1, [0])
    },
    Flood(testDescription: "more calls than may be open", count: 20_000, ending: calm) { $1 },
    Flood(testDescription: "farewells", count: 20_000, ending: nil) { _, _ in
      GRPCPeer.frame(7, bigEndian(0) + bigEndian(0))
    },
    Flood(testDescription: "data on a closed stream", count: 60_000, ending: nil) { stream, head in
      stream == 3
        ? head + GRPCPeer.body([], stream: 3) + GRPCPeer.frame(3, stream: 3, bigEndian(8))
        : GRPCPeer.frame(0, stream: 3, [0])
    },
    Flood(testDescription: "frames of no known type", count: 60_000, ending: calm) { stream, _ in
      GRPCPeer.frame(0x42, stream: stream, [1, 2, 3, 4])
    },
    Flood(testDescription: "window updates", count: 60_000, ending: nil) { _, _ in
      GRPCPeer.frame(8, stream: 1, bigEndian(1))
    },
    Flood(testDescription: "header bombs", count: 200, ending: calm) { stream, head in
      // One entry of 4 KB in the dynamic table, and one byte for each time that it is named.
      let entry = GRPCPeer.hpack([("b", String(repeating: "b", count: 3900))])
      let block = head.dropFirst(9) + [0x40] + entry.dropFirst()
      return GRPCPeer.frame(
        1, flags: 4, stream: stream, block + [UInt8](repeating: 0xbe, count: 12_000))
    },
    Flood(testDescription: "open calls with long fields", count: 1000, ending: nil) {
      stream, head in
      // Named once, and then by a byte.
      let entry = GRPCPeer.hpack([
        ("authorization", "Bearer " + String(repeating: "b", count: 3900))
      ])
      let bearer = stream == 3 ? [0x40] + entry.dropFirst() : [0xbe]
      return GRPCPeer.frame(1, flags: 4, stream: stream, plain + bearer)
    },
    Flood(testDescription: "half messages", count: 1000, ending: nil) { stream, _ in
      GRPCPeer.frame(1, flags: 4, stream: stream, plain)
        + GRPCPeer.frame(0, stream: stream, [0] + bigEndian(16_384) + half)
    },
    Flood(testDescription: "lists almost as long as a bomb", count: 4000, ending: nil) {
      stream, _ in
      let entry = GRPCPeer.hpack([("b", String(repeating: "b", count: 3900))])
      let block = stream == 3 ? [0x40] + Array(entry.dropFirst()) : [0xbe]
      return GRPCPeer.frame(
        1, flags: 5, stream: stream, plain + block + [UInt8](repeating: 0xbe, count: 14))
    },
    Flood(testDescription: "continuations", count: 2000, ending: calm) { stream, head in
      stream == 3
        ? GRPCPeer.frame(1, stream: 3, Array(head.dropFirst(9)))
        : GRPCPeer.frame(9, stream: 3, GRPCPeer.hpack([("x", "y")]))
    },
    Flood(testDescription: "rapid resets of watches", count: 20_000, ending: calm) { stream, _ in
      GRPCPeer.frame(1, flags: 4, stream: stream, watch) + GRPCPeer.body([], stream: stream)
        + GRPCPeer.frame(3, stream: stream, bigEndian(8))
    },
    Flood(testDescription: "rapid resets of conversations", count: 20_000, ending: calm) {
      stream, _ in
      GRPCPeer.frame(1, flags: 4, stream: stream, reflection) + ask(stream)
        + GRPCPeer.frame(3, stream: stream, bigEndian(8))
    },
    Flood(testDescription: "resets provoked on open streams", count: 20_000, ending: calm) {
      stream, _ in
      GRPCPeer.frame(1, flags: 4, stream: stream, reflection) + ask(stream)
        + GRPCPeer.frame(8, stream: stream, bigEndian(0x7fff_ffff))
    },
    Flood(testDescription: "more streams than may be open", count: 20_000, ending: calm) {
      stream, _ in
      GRPCPeer.frame(1, flags: 4, stream: stream, watch) + GRPCPeer.body([], stream: stream)
    },
    Flood(testDescription: "half messages on streams", count: 1000, ending: nil) { stream, _ in
      GRPCPeer.frame(1, flags: 4, stream: stream, reflection)
        + GRPCPeer.frame(0, stream: stream, [0] + bigEndian(16_384) + half)
    },
    Flood(testDescription: "messages on a stream, byte by byte", count: 60_000, ending: nil) {
      stream, _ in
      guard stream != 3 else { return GRPCPeer.frame(1, flags: 4, stream: 3, reflection) }
      return GRPCPeer.frame(
        0, stream: 3, [[0, 0, 0, 0, 3, 0x3a, 1, 0x2a][Int(stream - 5) / 2 % 8]])
    },
    Flood(testDescription: "messages on a stream that has ended", count: 60_000, ending: 5) {
      stream, _ in
      stream == 3
        ? GRPCPeer.frame(1, flags: 4, stream: 3, reflection)
          + GRPCPeer.frame(0, flags: 1, stream: 3)
        : ask(3)
    },
    Flood(testDescription: "bad messages", count: 20_000, ending: nil) { stream, _ in
      GRPCPeer.frame(1, flags: 4, stream: stream, reflection)
        + GRPCPeer.frame(0, flags: 1, stream: stream, [0] + bigEndian(1) + [0xff])
    },
  ]

  private static func ask(_ stream: UInt32) -> [UInt8] {
    GRPCPeer.frame(0, stream: stream, [0] + bigEndian(3) + Encoding.field(7, "*"))
  }

  @Test(arguments: floods) func outlives(_ flood: Flood) throws {
    let siege = try Siege()
    let attacker = try siege.peer()
    // Stream 1 stays open for those that need one.
    var head = GRPCPeer.head(WireCall(bearer: siege.world.secret(of: .user)), stream: 1)
    try attacker.socket.send(head)
    var stream: UInt32 = 3
    // In four waves, between which another is served.
    for _ in 0..<4 {
      var wave: [UInt8] = []
      wave.reserveCapacity(flood.count / 4 * 256)
      for _ in 0..<flood.count / 4 {
        head.replaceSubrange(5..<9, with: bigEndian(stream))
        wave += flood.unit(stream, head)
        stream += 2
      }
      let count = try attacker.socket.pour(wave)
      try siege.serveBystander()
      if count < wave.count { break }
    }
    if let ending = flood.ending {
      attacker.readToEnd()
      #expect(attacker.goAwayCodes.last == ending)
    } else {
      #expect(try attacker.call(siege.call, stream: stream).code == 0)
    }
    try siege.lift(flood.testDescription, growthMaximum: 48 << 20)
  }
}
