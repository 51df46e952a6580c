internal import Glibc
internal import Platform
internal import Synchronization
internal import TestSupport
internal import Testing

/// Upgrades under load of clients as stock gRPC clients are without a retry policy: a call is made
/// anew only when its stream was refused or lies above a GOAWAY's last one, which says that it was
/// not begun. UNAVAILABLE is a failure.
@Suite struct RefusedStreamTests {
  private static let upgrades = 10

  @Test func noCallIsLost() throws {
    let folder = TemporaryFolder()
    var daemon = try Daemon(["--max-tokens-per-user", "0"], folder: folder)
    try daemon.client().createOrganization("acme", administrator: "alice")
    let load = Load()
    let path = daemon.socketPath
    let first = try NativeThread(name: "client") { load.run(path, inFlight: 20) }
    let second = try NativeThread(name: "client") { load.run(path, inFlight: 1) }
    for _ in 0..<Self.upgrades {
      let next = try Daemon(["--take-over", "--max-tokens-per-user", "0"], folder: folder)
      #expect(try daemon.process.wait() == .exited(0))
      #expect(!daemon.process.wholeOutput().contains("cut off"))
      daemon = next
      let target = load.calls.load(ordering: .relaxed) + 100
      while load.calls.load(ordering: .relaxed) < target, !load.isOver.load(ordering: .relaxed) {
        sched_yield()
      }
    }
    load.isOver.store(true, ordering: .relaxed)
    first.join()
    second.join()
    #expect(load.failures.withLock { $0 } == [])
    let count = try daemon.client().tokenCount()
    #expect(count == UInt64(load.calls.load(ordering: .relaxed)), "none is made twice")
    #expect(try daemon.stop() == .exited(0))
  }

  private final class Load: Sendable {
    let calls = Atomic<Int>(0)
    let isOver = Atomic<Bool>(false)
    let failures = Guarded<[String]>([])

    /// Issues tokens, so many calls at once, until the load is over.
    func run(_ path: String, inFlight: Int) {
      do {
        var peer = try GRPCPeer(path: path)
        var stream: UInt32 = 1
        while !isOver.load(ordering: .relaxed) {
          let streams = (0..<inFlight).map { stream + 2 * UInt32($0) }
          stream += 2 * UInt32(inFlight)
          let isWhole = issue(streams, peer)
          guard !isWhole || !peer.goAways.isEmpty else { continue }
          peer = try GRPCPeer(path: path)
          stream = 1
        }
      } catch {
        fail("\(error)")
      }
    }

    /// Makes calls on one connection, and returns whether all were answered.
    private func issue(_ streams: [UInt32], _ peer: GRPCPeer) -> Bool {
      let request = WireCall(
        method: "IssueToken",
        payload: [0x0a, 4] + Array("acme".utf8) + [0x12, 5]
          + Array("alice".utf8))
      var isWhole = true
      do {
        for stream in streams { try peer.send(request, stream: stream) }
      } catch {
        // What the daemon has said before is still there to be read.
        isWhole = false
      }
      for stream in streams {
        do {
          let outcome = try peer.receive(stream)
          if outcome.code == 0 {
            calls.add(1, ordering: .relaxed)
          } else {
            fail("\(outcome)")
          }
        } catch {
          isWhole = false
          let isAbove = peer.goAways.last.map { stream > $0 } ?? false
          if peer.resets[stream] != 7, !isAbove { fail("\(error), after \(peer.goAways)") }
        }
      }
      return isWhole
    }

    private func fail(_ reason: String) {
      failures.withLock { $0.append(reason) }
      isOver.store(true, ordering: .relaxed)
    }
  }
}
