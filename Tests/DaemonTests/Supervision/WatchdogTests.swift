internal import EventLoop
internal import Ledger
internal import PosternClient
internal import Server
internal import TestSupport
internal import Testing

/// The sign of life is given for all parts, or not at all.
@Suite struct WatchdogTests {
  @Test func onePartThatHangsIsEnough() throws {
    let loop = try EventLoop()
    var asked = 0
    var held: [@Sendable () -> Void] = []
    var signs = 0
    let watchdog = try Watchdog(
      [
        ("lively", { answer in answer() }),
        ("hanging", { answer in held.append(answer) }),
        (
          "counted",
          { answer in
            asked += 1
            answer()
          }
        ),
      ], on: loop, periodNanoseconds: 2_000_000, log: try Log(level: .error, format: .text),
      alive: { signs += 1 })
    while held.isEmpty { try loop.turn(timeoutNanoseconds: nil) }
    // More than one period of two turns each.
    for _ in 0..<10 { try loop.turn(timeoutNanoseconds: nil) }
    #expect(signs == 0)
    #expect(asked == 1, "nobody is asked again while one has not answered")

    held.removeLast()()
    while signs == 0 { try loop.turn(timeoutNanoseconds: nil) }
    #expect(signs == 1)
    while held.isEmpty { try loop.turn(timeoutNanoseconds: nil) }
    #expect(asked == 2, "the next round follows")
    #expect(signs == 1)
    withExtendedLifetime(watchdog) {}
  }

  /// A writer that waits for the store, which another process holds, is missed; it is the only part
  /// that is.
  @Test func theWriterIsOneOfTheParts() throws {
    let folder = TemporaryFolder()
    let inbox = try NotifyInbox("\(folder.path)/notify")
    let daemon = try SupervisedDaemon.start(
      in: folder, environment: ["NOTIFY_SOCKET": inbox.address, "WATCHDOG_USEC": "400000"])
    #expect(try inbox.next().first == "READY=1")
    let path = "\(folder.path)/socket"
    try PosternClient(socketPath: path).createOrganization("acme", administrator: "alice")
    let peer = TTRPCPeer(socket: try RawSocket(path: path))
    do {
      let environment = try Environment(
        folder: "\(folder.path)/data", mapSizeBytes: 64 << 20, maximumTables: 1,
        maximumReaders: 8)
      let transaction = try WriteTransaction(environment)
      let issue = Encoding.field(1, "acme") + Encoding.field(2, "alice")
      try peer.send(WireCall(method: "IssueToken", payload: issue), stream: 1)
      try daemon.waitForOutput("event=\"no sign of life\" parts=writer\n")
      // It is not that nobody is there.
      try peer.send(WireCall(), stream: 3)
      #expect(try peer.receive().stream == 3)
      _ = consume transaction
    }
    #expect(try peer.receive().outcome.code == 0)
    daemon.signal(15)
    #expect(try daemon.wait() == .exited(0))
  }
}
