internal import Ledger
internal import PosternClient
internal import TestSupport
internal import Testing

/// The sign of life is given for all parts, or not at all.
@Suite struct WatchdogTests {
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
      try daemon.waitForOutput("event=\"some parts of the daemon do not respond\" parts=writer\n")
      // The supervisor is there.
      try peer.send(WireCall(), stream: 3)
      #expect(try peer.receive().stream == 3)
      _ = consume transaction
    }
    #expect(try peer.receive().outcome.code == 0)
    daemon.signal(15)
    #expect(try daemon.wait() == .exited(0))
  }
}
