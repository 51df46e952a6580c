internal import Glibc
internal import TestSupport
internal import Testing

/// The end of a daemon that has more connections than one turn of a worker can tell of it.
@Suite struct CrowdedEndTests {
  private static let count = 100
  /// So little time that every connection takes a turn of its own.
  private static let hasty = ["--turn-time", "1", "--workers", "1"]

  /// Those that have spoken hear of it, each in the way of its protocol; so do those that have not,
  /// and what they say then is answered.
  @Test func everyConnectionHearsOfIt() throws {
    let daemon = try Daemon(Self.hasty)
    let ttrpc = try (0..<Self.count).map { _ in try TTRPCPeer(daemon) }
    let grpc = try (0..<Self.count).map { _ in try GRPCPeer(daemon) }
    for peer in ttrpc { #expect(try peer.call(WireCall(), stream: 1).code == 0) }
    for peer in grpc { #expect(try peer.call(WireCall(), stream: 1).code == 0) }
    let silent = try (0..<Self.count).map { _ in try TTRPCPeer(daemon) }
    daemon.process.signal(SIGTERM)
    for peer in silent { try peer.send(WireCall(), stream: 1) }
    for peer in grpc {
      while peer.goAways.count < 2 { try peer.readFrame() }
      #expect(peer.goAways == [0x7fff_ffff, 1])
    }
    for peer in ttrpc { #expect(try peer.socket.waitForEnd() == 0) }
    for peer in silent {
      #expect(try peer.receive().outcome.code == 0)
      #expect(try peer.socket.waitForEnd() == 0)
    }
    #expect(try daemon.process.wait() == .exited(0))
    #expect(!daemon.process.wholeOutput().contains("cut off"))
  }

  /// Of those that are idle, too, each turn closes only some.
  @Test func everyIdleConnectionIsClosed() throws {
    let daemon = try Daemon(Self.hasty + ["--idle-timeout", "1"])
    let peers = try (0..<Self.count).map { _ in try TTRPCPeer(daemon) }
    for peer in peers { #expect(try peer.call(WireCall(), stream: 1).code == 0) }
    for peer in peers { #expect(try peer.socket.waitForEnd() == 0) }
    #expect(try daemon.stop() == .exited(0))
  }
}
