internal import Glibc
internal import Messages
internal import Platform
internal import PosternClient
internal import TestSupport
internal import Testing

extension PosternClient {
  /// How often a token was looked at, and found in memory or read from the ledger.
  func tokenReads(from place: String) throws -> Int {
    let reply = try getMetrics { $0.setNamePrefix("postern_token_reads") }
    let text = String(decoding: [UInt8](copying: reply.message.openMetricsText), as: UTF8.self)
    let line = text.split(separator: "\n").first { $0.contains("{from=\"\(place)\"}") }
    return Int(line?.split(separator: " ").last ?? "") ?? -1
  }
}

/// Tokens that workers keep in memory, through the real socket: whatever changes a token shows in
/// the next answer.
@Suite struct TokenMemoryTests {
  private let world: World
  private let client: PosternClient
  private var bob: String { world.secret(of: .user) }

  init() throws {
    world = try World(["--workers", "1"])
    client = try world.daemon.client()
  }

  /// Uses a token until memory serves it.
  private func use(_ secret: String, _ place: SourceLocation = #_sourceLocation) throws {
    for _ in 0..<3 { #expect(try client.isActive(secret), sourceLocation: place) }
    try wait(for: "memory to serve a token") {
      #expect(try client.isActive(secret), sourceLocation: place)
      return try client.tokenReads(from: "memory") > 0
    }
  }

  @Test func revokeShowsAtOnce() throws {
    try use(bob)
    try client.revoke(secret: bob)
    for _ in 0..<2 { #expect(try !client.isActive(bob)) }
    #expect(try client.isActive(world.secret(of: .administrator)))
  }

  @Test func rotationShowsAtOnce() throws {
    let token = try client.issueOrgToken(named: "t", of: "acme", [.ingest])
    try use(token.secret)
    let second = try client.rotate(token.id, graceSeconds: 3600).secret
    for _ in 0..<3 { #expect(try client.isActive(token.secret) && client.isActive(second)) }
    let third = try client.rotate(token.id).secret
    for _ in 0..<2 {
      #expect(try !client.isActive(token.secret) && !client.isActive(second))
      #expect(try client.isActive(third))
    }
  }

  @Test func updateShowsAtOnce() throws {
    let token = try client.issueOrgToken(named: "t", of: "acme", [.ingest])
    try use(token.secret)
    for _ in 0..<3 {
      try client.updateOrgToken(token.id, ["disabled"]) { $0.setDisabled(true) }
      for _ in 0..<2 { #expect(try !client.isActive(token.secret)) }
      try client.updateOrgToken(token.id, ["disabled"]) { $0.setDisabled(false) }
      for _ in 0..<2 { #expect(try client.isActive(token.secret)) }
    }
    #expect(try client.check(token: token.secret, "datapoint.ingest").isAllowed)
    try client.updateOrgToken(token.id, ["scopes"]) { $0.addScopes(.rum) }
    #expect(try !client.check(token: token.secret, "datapoint.ingest").isAllowed)
  }

  @Test func removalOfItsOwnerShowsAtOnce() throws {
    try use(bob)
    try client.deleteUser("bob", of: "acme")
    for _ in 0..<2 { #expect(try !client.isActive(bob)) }
    let mallory = world.secret(of: .stranger)
    try use(mallory)
    _ = try client.deleteOrganization { $0.setOrganizationID("other") }
    for _ in 0..<2 { #expect(try !client.isActive(mallory)) }
  }

  @Test func demotionShowsAtOnce() throws {
    try use(bob)
    for isAdministrator in [true, false, true, false] {
      try client.setAdministrator("bob", of: "acme", isAdministrator)
      for _ in 0..<2 {
        let answer = try client.check(token: bob, "integration.create")
        #expect(answer.isAllowed == isAdministrator)
      }
    }
  }

  /// The end of a token is judged at each use.
  @Test func expiryShowsAtOnce() throws {
    let token = try client.issueToken(for: "bob", of: "acme", seconds: 2)
    let reply = try client.validateToken { $0.setSecret(token.secret) }
    let expiry = reply.read { answer in
      guard let end = answer.expiresAt else { return Int64(0) }
      return end.seconds * 1_000_000_000 + Int64(end.nanos)
    }
    try #require(expiry > 0)
    while try client.isActive(token.secret) {
      // The daemon's clock is this machine's, or ahead of it.
      #expect(Clock.wallNanoseconds() < expiry + 1_000_000_000)
      usleep(1000)
    }
    #expect(try client.tokenReads(from: "memory") > 0)
  }

  @Test func aDaemonThatTakesOverBeginsWithNothing() throws {
    try use(bob)
    let next = try Daemon(["--take-over", "--workers", "1"], folder: world.daemon.folder)
    #expect(try world.daemon.process.wait() == .exited(0))
    let client = try next.client()
    #expect(try client.tokenReads(from: "memory") == 0)
    try client.revoke(secret: bob)
    #expect(try !client.isActive(bob))
  }

  @Test func itCanBeSwitchedOff() throws {
    let daemon = try Daemon(["--token-cache-bytes", "0"])
    let client = try daemon.client()
    try client.createOrganization("acme", administrator: "alice")
    let secret = try client.issueToken(for: "alice", of: "acme").secret
    for _ in 0..<3 { #expect(try client.isActive(secret)) }
    #expect(try client.tokenReads(from: "memory") == 0)
    #expect(try client.tokenReads(from: "ledger") == 0)
  }
}
