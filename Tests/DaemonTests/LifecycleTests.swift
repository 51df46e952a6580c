internal import Glibc
internal import Messages
internal import PosternClient
internal import RPC
internal import TestSupport
internal import Testing

/// Starts, refusals to start, and ends.
@Suite struct LifecycleTests {
  @Test func servesUntilToldToEnd() throws {
    let daemon = try Daemon()
    var status = stat()
    #expect(unsafe stat(daemon.socketPath, &status) == 0)
    #expect(status.st_mode & 0o777 == 0o660)
    #expect(unsafe stat("\(daemon.folder.path)/data", &status) == 0)
    #expect(status.st_mode & 0o777 == 0o700)
    let client = try daemon.client()
    #expect(try client.daemonProcessID() == UInt32(daemon.process.processID))
    #expect(try daemon.stop() == .exited(0))
    #expect(unsafe stat(daemon.socketPath, &status) != 0, "the socket's path is left behind")
  }

  @Test func takesTheModeOfTheSocket() throws {
    let daemon = try Daemon(["--socket-mode", "0600"])
    var status = stat()
    #expect(unsafe stat(daemon.socketPath, &status) == 0)
    #expect(status.st_mode & 0o777 == 0o600)
  }

  @Test func endsOnInterruptToo() throws {
    let daemon = try Daemon()
    daemon.process.signal(SIGINT)
    #expect(try daemon.process.wait() == .exited(0))
  }

  @Test func refusesTheDataOfAnother() throws {
    let daemon = try Daemon()
    let second = try ChildProcess(
      Daemon.program("posternd"),
      ["--socket", "\(daemon.folder.path)/other", "--data", "\(daemon.folder.path)/data"])
    #expect(try second.wait() == .exited(1))
    #expect(second.says("\(daemon.folder.path)/data"), "names what is taken")
    #expect(second.wholeOutput().split(separator: "\n").count == 1)
    #expect(try daemon.client().revision() == 0)
  }

  @Test func refusesTheSocketOfAnother() throws {
    let daemon = try Daemon()
    let second = try ChildProcess(
      Daemon.program("posternd"),
      ["--socket", daemon.socketPath, "--data", "\(daemon.folder.path)/data2"])
    #expect(try second.wait() == .exited(1))
    #expect(second.says(daemon.socketPath))
    #expect(try daemon.client().revision() == 0, "the first is not disturbed")
    #expect(try daemon.stop() == .exited(0))
  }

  @Test func takesOverWhatACrashLeft() throws {
    let folder = TemporaryFolder()
    let first = try Daemon(folder: folder)
    try first.client().createOrganization("acme", administrator: "alice")
    let secret = try first.client().issueToken(for: "alice", of: "acme").secret
    #expect(try first.crash() == .signaled(SIGKILL))
    var status = stat()
    #expect(unsafe stat(first.socketPath, &status) == 0, "a stale socket")
    let second = try Daemon(folder: folder)
    #expect(try second.client().isActive(secret))
    #expect(try second.stop() == .exited(0))
  }

  @Test func refusesAPathThatIsNoSocket() throws {
    let folder = TemporaryFolder()
    let file = folder.write("socket", "precious")
    let process = try Daemon.start([], in: folder)
    #expect(try process.wait() == .exited(1))
    #expect(process.says(file))
    var status = stat()
    #expect(unsafe stat(file, &status) == 0 && status.st_size == 8, "it is left alone")
  }

  @Test func printsHelpAndVersion() throws {
    for flag in ["--help", "-h"] {
      let process = try ChildProcess(Daemon.program("posternd"), [flag])
      #expect(try process.wait() == .exited(0))
      let help = process.wholeOutput()
      for name in ["--socket", "--data", "--max-connections", "--config", "--drain-timeout"] {
        #expect(help.contains(name))
      }
      #expect(help.split(separator: "\n").allSatisfy { $0.utf8.count <= 100 })
    }
    let version = try ChildProcess(Daemon.program("posternd"), ["--version"])
    #expect(try version.wait() == .exited(0))
    #expect(version.wholeOutput().hasPrefix("posternd "))
  }

  @Test(arguments: [
    (["--nonsense", "1"], "--nonsense"), (["--workers"], "--workers"),
    (["--workers", "0"], "--workers"), (["--workers", "x"], "--workers"),
    (["--max-connections", "-1"], "--max-connections"), (["--log-level", "loud"], "--log-level"),
    (["--socket-mode", "9"], "--socket-mode"), (["word"], "word"),
    (["--operator-uid", "root"], "--operator-uid"),
    (["--handshake-timeout", "99999999999999999999"], "--handshake-timeout"),
    (["--config", "/nonexistent/file"], "/nonexistent/file"),
  ])
  func refusesABadFlag(_ arguments: [String], _ named: String) throws {
    let process = try ChildProcess(Daemon.program("posternd"), arguments)
    #expect(try process.wait() == .exited(1))
    #expect(process.wholeOutput().hasPrefix("posternd: "))
    #expect(process.says("`\(named)`"), "\(process.wholeOutput())")
  }

  @Test func readsAConfigurationFile() throws {
    let folder = TemporaryFolder()
    let file = folder.write(
      "configuration.json5",
      """
      // One connection for each user.
      {
        max_connections: 1, 'socket_mode': "0640", operator_uid: [4000, 4001,],
      }
      """)
    let daemon = try Daemon(["--config", file], folder: folder)
    var status = stat()
    #expect(unsafe stat(daemon.socketPath, &status) == 0)
    #expect(status.st_mode & 0o777 == 0o640)
    let first = try daemon.client()
    _ = try first.revision()
    let refused = failure { () throws(ClientError) in try daemon.client().revision() }
    #expect(refused != nil)
    #expect(try daemon.stop() == .exited(0))
    #expect(daemon.process.says("max-connections"), "the limit is named")

    // A flag overrides the file.
    let second = try Daemon(["--config", file, "--socket-mode", "0600"], folder: folder)
    #expect(unsafe stat(second.socketPath, &status) == 0)
    #expect(status.st_mode & 0o777 == 0o600)
  }

  @Test(arguments: [
    ("{ maximum_connections: 1 }", "maximum_connections"),
    ("{ max_connections: 0 }", "max_connections"),
    ("{ max_connections: ", "configuration.json5"), ("[]", "configuration.json5"),
    ("{ max_connections: 'many' }", "max_connections"),
    ("{ max_connections: {} }", "configuration.json5"),
  ])
  func refusesABadConfigurationFile(_ text: String, _ named: String) throws {
    let folder = TemporaryFolder()
    let file = folder.write("configuration.json5", text)
    let process = try Daemon.start(["--config", file], in: folder)
    #expect(try process.wait() == .exited(1))
    #expect(process.says(named), "\(process.wholeOutput())")
  }

  /// Every call that was sent before the daemon is told to end is answered before it ends.
  @Test func answersWhatIsInFlightBeforeItEnds() throws {
    let folder = TemporaryFolder()
    let daemon = try Daemon(folder: folder)
    try daemon.client().createOrganization("acme", administrator: "alice")
    let request = PosternClient.issueRequest()
    var clients: [PosternClient] = []
    for _ in 0..<4 {
      let client = try daemon.client()
      try client.sendIssues(request, count: 100)
      try client.flush()
      clients.append(client)
    }
    daemon.process.signal(SIGTERM)
    var secrets: [String] = []
    for client in clients {
      for _ in 0..<100 {
        let answer: (stream: UInt32, code: StatusCode, payload: [UInt8]) = try client.receive()
        let arena = Arena(initialBytes: 1024, limits: DecodeLimits(bytes: 1 << 20))
        #expect(answer.code == .ok)
        let issued = try PosternV1.IssueTokenResponse(
          decoding: answer.payload.span, in: arena)
        secrets.append(String(issued.secret))
      }
      let ended = failure { () throws(ClientError) in
        try client.receive() as (stream: UInt32, code: StatusCode, payload: [UInt8])
      }
      #expect(ended == .connection("the daemon ended the connection"))
    }
    #expect(try daemon.process.wait() == .exited(0))
    #expect(!daemon.process.wholeOutput().contains("cut off"))
    let next = try Daemon(folder: folder)
    let client = try next.client()
    for secret in secrets { #expect(try client.isActive(secret)) }
    #expect(try client.tokenCount() == UInt64(secrets.count))
  }

  @Test func answersFromARevisionOrNotAtAll() throws {
    let daemon = try Daemon()
    let client = try daemon.client()
    try client.createOrganization("acme", administrator: "alice")
    let secret = try client.issueToken(for: "alice", of: "acme").secret
    let revision = try client.revision()
    let present = try client.validateToken {
      $0.setSecret(secret)
      $0.setAtLeastRevision(revision)
    }
    #expect(present.message.revision == revision)
    for wanted in [revision + 1, UInt64.max] {
      let refusals = [
        failure { () throws(ClientError) in
          try client.validateToken {
            $0.setSecret(secret)
            $0.setAtLeastRevision(wanted)
          }
        },
        failure { () throws(ClientError) in
          try client.check {
            $0.setTokenSecret(secret)
            $0.setAction("integration.create")
            $0.setAtLeastRevision(wanted)
          }
        },
        failure { () throws(ClientError) in
          try client.getStatus { $0.setAtLeastRevision(wanted) }
        },
      ]
      for refusal in refusals {
        #expect(refusal?.statusName == "UNAVAILABLE")
        #expect(refusal?.reasonName == "REVISION_NOT_REACHED")
      }
    }
  }

  /// A full ledger refuses changes and goes on to answer; nothing that it acknowledged is lost.
  @Test(arguments: [100, 1024]) func livesWithAFullLedger(_ length: Int) throws {
    let folder = TemporaryFolder()
    let arguments = ["--max-ledger-bytes", "1048576"]
    let daemon = try Daemon(arguments, folder: folder)
    let client = try daemon.client()
    try client.createOrganization("acme", administrator: "alice")
    var secrets: [String] = []
    var refusal: ClientError?
    let description = String(repeating: "d", count: length)
    while refusal == nil, secrets.count < 20_000 {
      do throws(ClientError) {
        let reply = try client.issueToken {
          $0.setOrganizationID("acme")
          $0.setUserID("alice")
          $0.setDescription(description)
        }
        secrets.append(String(reply.message.secret))
      } catch {
        refusal = error
      }
    }
    #expect(refusal?.statusName == "UNAVAILABLE")
    #expect(refusal?.reasonName == "LEDGER_FULL")
    #expect(secrets.count > 100)
    for secret in secrets { #expect(try client.isActive(secret)) }
    #expect(try client.check(token: secrets[0], "integration.create").isAllowed)
    #expect(try daemon.client().tokenCount() == UInt64(secrets.count))

    // Both outcomes are right, as long as an acknowledged revoke holds.
    let revoked = failure { () throws(ClientError) in try client.revoke(secret: secrets[0]) } == nil
    #expect(try client.isActive(secrets[0]) == !revoked)
    #expect(try daemon.stop() == .exited(0))

    let again = try Daemon(arguments, folder: folder)
    let reader = try again.client()
    #expect(try reader.isActive(secrets[0]) == !revoked)
    for secret in secrets.dropFirst() { #expect(try reader.isActive(secret)) }
    #expect(try again.stop() == .exited(0))

    let larger = try Daemon(folder: folder)
    let writer = try larger.client()
    for secret in secrets { try writer.revoke(secret: secret) }
    for secret in secrets { #expect(try !writer.isActive(secret)) }
  }

  /// As above, when the change that doesn't fit is one of many in a batch.
  @Test func livesWithALedgerThatABatchFills() throws {
    let folder = TemporaryFolder()
    let arguments = ["--max-ledger-bytes", "1048576"]
    let daemon = try Daemon(arguments, folder: folder)
    let client = try daemon.client()
    try client.createOrganization("acme", administrator: "alice")
    let secrets = try client.issueUntilRefused(
      PosternClient.issueRequest(), count: 500, rounds: 50)
    #expect(secrets.count > 100)
    for secret in secrets { #expect(try client.isActive(secret)) }
    #expect(try client.tokenCount() == UInt64(secrets.count), "none is kept that was refused")
    #expect(try daemon.crash() == .signaled(SIGKILL))
    let again = try Daemon(arguments, folder: folder)
    let reader = try again.client()
    for secret in secrets { #expect(try reader.isActive(secret)) }
  }
}
