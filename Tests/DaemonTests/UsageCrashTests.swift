internal import Glibc
internal import Messages
internal import PosternClient
internal import TestSupport
internal import Testing

/// How much of the usage of tokens a crash may lose.
@Suite struct UsageCrashTests {
  @Test func losesNothingThatWasWrittenAndNoMoreThanAnInterval() throws {
    let folder = TemporaryFolder()
    var expected: UInt64 = 0
    var daemon = try Daemon(["--usage-interval", "1"], folder: folder)
    var client = try daemon.client()
    _ = try client.createOrganization {
      $0.setOrganizationID("acme")
      $0.setAdministratorUserID("alice")
    }
    let issued = try client.issueToken {
      $0.setOrganizationID("acme")
      $0.setUserID("alice")
    }
    let secret = String(issued.message.secret)
    var id = ""
    if let token = issued.message.token { id = String(token.id) }

    for round in 0..<3 {
      try use(client, secret, 100)
      expected += 100
      // An interval later it is written, and then no crash takes it.
      var looks = 0
      while try count(client, id) < expected, looks < 3000 {
        poll(nil, 0, 10)
        looks += 1
      }
      #expect(try count(client, id) == expected, "round \(round)")
      #expect(try daemon.crash() == .signaled(SIGKILL))
      daemon = try Daemon(["--usage-interval", "1"], folder: folder)
      client = try daemon.client()
      #expect(try count(client, id) == expected, "round \(round)")
    }

    // Only younger counts may be lost, and none is counted twice.
    try use(client, secret, 50)
    #expect(try daemon.crash() == .signaled(SIGKILL))
    daemon = try Daemon(["--usage-interval", "86400"], folder: folder)
    client = try daemon.client()
    let afterCrash = try count(client, id)
    #expect((expected...expected + 50).contains(afterCrash))

    // A daemon that ends normally loses nothing, long before the interval is over.
    try use(client, secret, 70)
    #expect(try daemon.stop() == .exited(0))
    daemon = try Daemon(["--usage-interval", "86400"], folder: folder)
    client = try daemon.client()
    #expect(try count(client, id) == afterCrash + 70)
    #expect(try daemon.stop() == .exited(0))
  }

  private func use(_ client: PosternClient, _ secret: String, _ count: Int) throws {
    for _ in 0..<count {
      let reply = try client.validateToken { $0.setSecret(secret) }
      let isActive = reply.message.active
      #expect(isActive)
    }
  }

  private func count(_ client: PosternClient, _ id: String) throws -> UInt64 {
    let reply = try client.getToken { $0.setTokenID(id) }
    guard let token = reply.message.token else { return 0 }
    return token.useCount
  }
}
