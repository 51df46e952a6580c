internal import Messages
internal import PosternClient
internal import TestSupport
internal import Testing

/// Bits flipped in the file of a daemon that runs: nothing that depends on such a row is answered,
/// over either protocol, and the log and the metrics tell of it.
@Suite struct FlippedRowTests {
  private let world: World
  private let peers: BothPeers
  private let client: PosternClient
  private var file: String { "\(world.daemon.folder.path)/data/data.mdb" }

  init() throws {
    // What a worker keeps of a token is what was written, whatever becomes of the row.
    world = try World(["--token-cache-bytes", "0"])
    peers = try BothPeers(world.daemon)
    client = try world.daemon.client()
  }

  private func check(
    _ subject: [UInt8], _ action: String, id: String = ""
  ) throws -> Outcome {
    let resource = id.isEmpty ? [] : Encoding.field(3, Encoding.field(2, id))
    return try peers.ask(
      "Check", of: "PermissionService", subject + Encoding.field(2, action) + resource)
  }

  private func expectDamaged(
    _ outcome: Outcome, _ place: SourceLocation = #_sourceLocation
  ) {
    #expect(
      outcome.code == 13 && outcome.reason == "LEDGER_DAMAGED", "\(outcome)",
      sourceLocation: place)
  }

  private func expectDenied(
    _ method: String, _ path: String, _ secret: String,
    _ place: SourceLocation = #_sourceLocation
  ) throws {
    let answer = try peers.authorize(method, path, secret)
    #expect(
      answer.denies(403) && answer.body.contains("the ledger is damaged"), "\(answer)",
      sourceLocation: place)
  }

  /// The log names the row, the metrics count, and everything else goes on.
  private func expectTold(_ row: String, at revision: UInt64) throws {
    #expect(try client.revision() == revision)
    let log = world.daemon.process
    try wait(for: "the log's line on \(row)") {
      log.wholeOutput().split(separator: "\n").contains {
        $0.contains("the ledger is damaged") && $0.contains(row)
      }
    }
    let reply = try client.getMetrics { $0.setNamePrefix("postern_ledger_damaged") }
    let text = String(decoding: [UInt8](copying: reply.message.openMetricsText), as: UTF8.self)
    let count = text.split(separator: "\n").first {
      $0.hasPrefix("postern_ledger_damaged_reads_total ")
    }
    #expect(UInt64(count?.split(separator: " ").last ?? "0") ?? 0 > 0, "\(text)")
    #expect(try peers.isActive(world.secret(of: .writer)))
    let fresh = try client.issueToken(for: "carol", of: "acme").secret
    #expect(try peers.isActive(fresh))
  }

  @Test func makeNoRevokedTokenActive() throws {
    let secret = world.secret(of: .revoked)
    let revision = try client.revision()
    #expect(try !peers.isActive(secret))
    #expect(try FlippedBits.flipRevoked(secret, file, isSet: true) > 0)
    let token = Encoding.field(1, secret)
    expectDamaged(try peers.ask("ValidateToken", of: "TokenService", token))
    expectDamaged(try check(token, "dashboard.create"))
    expectDamaged(
      try peers.ask(
        "BatchCheck", of: "PermissionService",
        token + Encoding.field(3, Encoding.field(1, "dashboard.create"))))
    // As the caller's own row, in a query and in a command.
    let user = Encoding.field(1, "acme") + Encoding.field(2, "zoe")
    expectDamaged(
      try peers.ask("ListUsers", of: "DirectoryService", Encoding.field(1, "acme"), bearer: secret))
    expectDamaged(try peers.ask("InviteUser", of: "DirectoryService", user, bearer: secret))
    expectDamaged(try peers.ask("RevokeToken", of: "TokenService", token))
    try expectDenied("GET", "/v2/dashboard", secret)
    try expectDenied("POST", "/v2/integration", secret)
    let row = try FlippedBits.id(secret).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
    try expectTold("`\(row.joined())` of the table `tokens`", at: revision)

    // A start doesn't repair the row, and the damage doesn't prevent a start.
    #expect(try world.daemon.stop() == .exited(0))
    let next = try Daemon(folder: world.daemon.folder)
    let peers = try BothPeers(next)
    expectDamaged(try peers.ask("ValidateToken", of: "TokenService", token))
    // Once the bit is flipped back, the row counts again.
    #expect(try FlippedBits.flipRevoked(secret, file, isSet: false) > 0)
    #expect(try !peers.isActive(secret))
  }

  @Test func makeNoUserAdministrator() throws {
    let secret = world.secret(of: .user)
    let revision = try client.revision()
    #expect(try FlippedBits.flipAdministrator("bob", file) > 0)
    expectDamaged(try check(Encoding.field(1, secret), "integration.create"))
    let user = Encoding.field(1, "acme") + Encoding.field(2, "bob")
    expectDamaged(try check(Encoding.field(4, user), "integration.create"))
    expectDamaged(try peers.ask("GetUser", of: "DirectoryService", user))
    let zoe = Encoding.field(1, "acme") + Encoding.field(2, "zoe")
    expectDamaged(try peers.ask("InviteUser", of: "DirectoryService", zoe, bearer: secret))
    try expectDenied("POST", "/v2/integration", secret)
    try expectTold("`acme/bob` of the table `users`", at: revision)
  }

  /// Each damaged row is named, also behind another one.
  @Test func areEachNamed() throws {
    for user in ["bob", "carol", "dave"] {
      #expect(try FlippedBits.flipAdministrator(user, file) > 0)
      let id = Encoding.field(1, "acme") + Encoding.field(2, user)
      expectDamaged(try peers.ask("GetUser", of: "DirectoryService", id))
      let log = world.daemon.process
      try wait(for: "the log's line on \(user)") {
        log.wholeOutput().contains("`acme/\(user)` of the table `users`")
      }
    }
  }

  /// A flipped key makes a row another user's.
  @Test func makeNoUserWriter() throws {
    try client.invite("cob", to: "acme")
    try client.putResource("dashboard", "two", of: "acme")
    try client.setWriter("cob", "dashboard", "two", of: "acme")
    let secret = world.secret(of: .user)
    let revision = try client.revision()
    let token = Encoding.field(1, secret)
    let before = try check(token, "dashboard.update", id: "two")
    #expect(before.code == 0 && !before.payload.starts(with: [8, 1]), "\(before)")
    let key = Array("acme\0dashboard\0two\0ucob".utf8)
    #expect(try FlippedBits.flip(file, key: key, at: key.count - 3) > 0)
    let other = Array("acme\0ucob\0dashboard\0two".utf8)
    #expect(try FlippedBits.flip(file, key: other, at: 6) > 0)
    expectDamaged(try check(token, "dashboard.update", id: "two"))
    expectDamaged(
      try peers.ask(
        "ListWriters", of: "DirectoryService",
        Encoding.field(1, "acme") + Encoding.field(2, "dashboard") + Encoding.field(3, "two")))
    try expectDenied("PUT", "/v2/dashboard/two", secret)
    // A user without its row has no right by it.
    let cob = try client.issueToken(for: "cob", of: "acme").secret
    let after = try peers.authorize("PUT", "/v2/dashboard/two", cob)
    #expect(after.denies(403), "\(after)")
    try expectTold("`acme/dashboard/two/ubob` of the table `writers`", at: revision + 1)
  }

  /// No event is made of a changed log entry, whether it can be decoded or not. All else goes on.
  @Test(arguments: [0, 1, 12, 40]) func tellNoOtherEvents(byte: Int) throws {
    let revision = try client.revision()
    let key = [0, 0, 0, 0, 0, 0, 0, UInt8(2)]
    let events = try eventCount()
    #expect(try FlippedBits.flip(file, key: key, at: key.count + byte, 0x80) > 0)
    for _ in 0..<2 {
      let refusal = #expect(throws: ClientError.self) { try eventCount() }
      guard case .status(_, _, _, "LEDGER_DAMAGED", _) = refusal else {
        Issue.record("\(String(describing: refusal))")
        continue
      }
    }
    try expectTold("`0000000000000002` of the table `log`", at: revision)
    #expect(try FlippedBits.flip(file, key: key, at: key.count + byte, 0x80) > 0)
    #expect(try eventCount() > events)
  }

  private func eventCount() throws -> Int {
    var count = 0
    try client.listEvents {
      $0.setOrganizationID("acme")
    } each: { message in
      count += message.eventsCount
      return true
    }
    return count
  }

  /// The issuer of a token is left out where its entry is damaged; the token is shown, and can be
  /// revoked.
  @Test func leaveOutTheAuthorOfAChange() throws {
    let issued = try client.issueToken(for: "carol", of: "acme")
    let revision = try client.revision()
    let key = (0..<8).map { UInt8(truncatingIfNeeded: revision >> UInt64(56 - 8 * $0)) }
    #expect(try issuer(of: issued.id) == revision)
    #expect(try FlippedBits.flip(file, key: key, at: key.count + 12) > 0)
    #expect(try issuer(of: issued.id) == 0)
    try client.revoke(id: issued.id)
    #expect(try !peers.isActive(issued.secret))
  }

  /// The revision at which a token says that it was issued.
  private func issuer(of id: String) throws -> UInt64 {
    let reply = try client.getToken { $0.setTokenID(id) }
    return reply.message.token?.issuedBy?.revision ?? 0
  }
}
