internal import Glibc
internal import Messages
internal import Platform
internal import PosternClient
internal import TestSupport
internal import Testing

/// How something was answered: by a call, or by what was kept.
enum Use: Equatable {
  case asked(Bool)
  case kept(Bool)

  var isYes: Bool {
    switch self {
    case .asked(let isYes), .kept(let isYes): isYes
    }
  }
}

/// A cache of a daemon's answers, with short words for what a test asks.
struct Keeper {
  let cache: TokenCache
  let client: PosternClient

  init(_ daemon: Daemon) throws {
    client = try daemon.client()
    cache = TokenCache(try daemon.client(), socketPath: daemon.socketPath)
  }

  /// Whether a token is good.
  func validate(_ secret: String) throws -> Use {
    let before = cache.counts.asked
    let isYes = try cache.validateToken(secret.utf8Span.span) { $0.active }
    return cache.counts.asked == before ? .kept(isYes) : .asked(isYes)
  }

  /// Whether the bearer of a token may do something.
  func check(_ question: CheckQuestion, _ secret: String) throws -> Use {
    let before = cache.counts.asked
    let isYes = try cache.check(question, of: secret.utf8Span.span) { $0.allowed }
    return cache.counts.asked == before ? .kept(isYes) : .asked(isYes)
  }
}

/// Answers that a client keeps, through the real socket and the real page.
@Suite struct KeepingTests {
  private let world: World
  private let keeper: Keeper
  private var client: PosternClient { keeper.client }
  private var alice: String { world.secret(of: .administrator) }
  private var bob: String { world.secret(of: .user) }

  init() throws {
    world = try World()
    keeper = try Keeper(world.daemon)
  }

  @Test func secondUseIsNoCall() throws {
    #expect(try keeper.validate(bob) == .asked(true))
    for _ in 0..<10 { #expect(try keeper.validate(bob) == .kept(true)) }
    #expect(try keeper.validate(alice) == .asked(true))
    let user = try keeper.cache.validateToken(bob.utf8Span.span) { String($0.userID) }
    #expect(user == "bob")
  }

  /// A table of 2,048 with 400 answers of each kind loses none of them; by the random keys of the
  /// hash it would once in a million runs.
  @Test func nothingIsLostWhileThereIsRoom() throws {
    let cache = TokenCache(
      try world.daemon.client(), socketPath: world.daemon.socketPath, maximumAnswers: 2048)
    let secrets = try (0..<400).map { _ in try client.issueToken(for: "bob", of: "acme").secret }
    let question = CheckQuestion("integration.create")
    for _ in 0..<3 {
      for secret in secrets {
        let isActive = try cache.validateToken(secret.utf8Span.span) { $0.active }
        let isAllowed = try cache.check(question, of: secret.utf8Span.span) { $0.allowed }
        #expect(isActive && !isAllowed)
      }
    }
    #expect(cache.counts.asked == 800 && cache.counts.kept == 1600)
  }

  @Test func revokeEndsIt() throws {
    #expect(try keeper.validate(bob) == .asked(true))
    #expect(try keeper.validate(alice) == .asked(true))
    try client.revoke(secret: bob)
    #expect(try keeper.validate(bob) == .asked(false))
    #expect(try keeper.validate(alice) == .kept(true))
  }

  @Test func inactiveIsNotKept() throws {
    for subject in [PermissionMatrixTests.Subject.revoked, .expired, .garbage, .empty] {
      let secret = world.secret(of: subject)
      for _ in 0..<2 { #expect(try keeper.validate(secret) == .asked(false), "\(subject)") }
    }
    for subject in [PermissionMatrixTests.Subject.revoked, .expired, .garbage] {
      let secret = world.secret(of: subject)
      for _ in 0..<2 {
        let use = try keeper.check(CheckQuestion("integration.create"), secret)
        #expect(use == .asked(false), "\(subject)")
      }
    }
  }

  /// Denials are kept too, and end with a grant.
  @Test func everyChangeOfRightsEndsIt() throws {
    let create = CheckQuestion("integration.create")
    let update = CheckQuestion("dashboard.update", resourceID: "one")
    func expect(_ question: CheckQuestion, _ isAllowed: Bool, _ line: Int = #line) throws {
      let first = try keeper.check(question, bob)
      let second = try keeper.check(question, bob)
      #expect(first == .asked(isAllowed), "line \(line)")
      #expect(second == .kept(isAllowed), "line \(line)")
    }
    try expect(create, false)
    try client.setAdministrator("bob", of: "acme", true)
    try expect(create, true)
    try client.setAdministrator("bob", of: "acme", false)
    try expect(create, false)
    try expect(update, false)
    try client.setWriter("bob", "dashboard", "one", of: "acme")
    try expect(update, true)
    try client.removeWriter("bob", "dashboard", "one", of: "acme")
    try expect(update, false)
    try client.addMember("bob", to: "writers", of: "acme")
    try expect(update, true)
    try client.removeMember("bob", from: "writers", of: "acme")
    try expect(update, false)
    #expect(try keeper.validate(bob) == .asked(true))
    try client.deleteUser("bob", of: "acme")
    #expect(try keeper.check(create, bob) == .asked(false))
    #expect(try keeper.validate(bob) == .asked(false))
  }

  @Test func changeOfAnOrgTokenEndsIt() throws {
    let token = try client.issueOrgToken(named: "t", of: "acme", [.ingest])
    let ingest = CheckQuestion("datapoint.ingest")
    #expect(try keeper.validate(token.secret) == .asked(true))
    #expect(try keeper.check(ingest, token.secret) == .asked(true))
    try client.updateOrgToken(token.id, ["disabled"]) { $0.setDisabled(true) }
    #expect(try keeper.validate(token.secret) == .asked(false))
    #expect(try keeper.check(ingest, token.secret) == .asked(false))
    try client.updateOrgToken(token.id, ["disabled"]) { $0.setDisabled(false) }
    #expect(try keeper.check(ingest, token.secret) == .asked(true))
    let rotated = try client.rotate(token.id, graceSeconds: 3600)
    #expect(try keeper.validate(rotated.secret) == .asked(true))
    #expect(try keeper.validate(rotated.secret) == .kept(true))
    // Each use of the old secret is seen.
    for _ in 0..<2 {
      #expect(try keeper.validate(token.secret) == .asked(true))
      #expect(try keeper.check(ingest, token.secret) == .asked(true))
    }
  }

  @Test func organizationThatIsDeletedEndsIt() throws {
    let mallory = world.secret(of: .stranger)
    let question = CheckQuestion("integration.create")
    #expect(try keeper.validate(mallory).isYes)
    #expect(try keeper.check(question, mallory).isYes)
    _ = try client.deleteOrganization { $0.setOrganizationID("other") }
    #expect(try keeper.validate(mallory) == .asked(false))
    #expect(try keeper.check(question, mallory) == .asked(false))
  }

  @Test func tokenThatExpiresEndsIt() throws {
    let token = try client.issueToken(for: "bob", of: "acme", seconds: 2)
    #expect(try keeper.validate(token.secret) == .asked(true))
    #expect(try keeper.validate(token.secret) == .kept(true))
    let end = Clock.monotonicNanoseconds() + 10_000_000_000
    while Clock.monotonicNanoseconds() < end {
      // By the daemon first: what it says is gone is gone here too.
      let isGone = try !client.isActive(token.secret)
      let use = try keeper.validate(token.secret)
      #expect(!(isGone && use.isYes))
      if !use.isYes { return }
      usleep(1000)
    }
    Issue.record("the token does not expire")
  }

  @Test func answerIsFromTheRevisionThatIsWanted() throws {
    #expect(try keeper.validate(bob) == .asked(true))
    try client.invite("eve", to: "other")
    let wanted = try client.revision()
    let revision = try keeper.cache.validateToken(
      bob.utf8Span.span, atLeastRevision: wanted
    ) { $0.revision }
    #expect(revision >= wanted)
    #expect(keeper.cache.counts.kept == 0)
  }

  @Test func keysAreOfTheWholeQuestion() throws {
    let questions = [
      CheckQuestion("dashboard.update"), CheckQuestion("dashboard.update", resourceID: "one"),
      CheckQuestion("dashboard.update", resourceID: "on", organizationID: "e"),
      CheckQuestion("dashboard.update", targetUserID: "one"),
    ]
    let keys = questions.map { keeper.cache.key(of: bob.utf8Span.span, $0) }
    for (index, key) in keys.enumerated() {
      for other in keys[(index + 1)...] { #expect(key != other) }
    }
  }

  @Test func userWithoutATokenIsNotKept() throws {
    let reply = try client.check {
      $0.setAction("integration.create")
      $0.makeUser().set("acme", "alice")
      $0.setWantsKeep(true)
    }
    let (isAllowed, hasKeep) = reply.read { ($0.allowed, $0.keep != nil) }
    #expect(isAllowed && !hasKeep)
    // A client that doesn't ask for it gets nothing to keep either.
    let other = try client.validateToken { $0.setSecret(alice) }
    let (isActive, isKept) = other.read { ($0.active, $0.keep != nil) }
    #expect(isActive && !isKept)
  }

  @Test func deathEndsItAndTheNextDaemonServesOn() throws {
    #expect(try keeper.validate(bob) == .asked(true))
    let folder = world.daemon.folder
    _ = try world.daemon.crash()
    #expect(throws: ClientError.self) { try keeper.validate(bob) }
    let next = try Daemon(folder: folder)
    keeper.cache.client = try next.client()
    try next.client().revoke(secret: bob)
    #expect(try keeper.validate(bob) == .asked(false))
    // The page is asked for again within a second.
    let end = Clock.monotonicNanoseconds() + 10_000_000_000
    while Clock.monotonicNanoseconds() < end {
      let use = try keeper.validate(alice)
      #expect(use.isYes)
      if case .kept = use { return }
      usleep(10_000)
    }
    Issue.record("answers are not kept after a restart")
  }

  @Test func takeOverEndsIt() throws {
    #expect(try keeper.validate(bob) == .asked(true))
    let next = try Daemon(["--take-over"], folder: world.daemon.folder)
    #expect(try world.daemon.process.wait() == .exited(0))
    try next.client().revoke(secret: bob)
    keeper.cache.client = try next.client()
    #expect(try keeper.validate(bob) == .asked(false))
  }

  @Test func daemonThatHangsLeavesItTrue() throws {
    #expect(try keeper.validate(bob) == .asked(true))
    world.daemon.process.signal(SIGSTOP)
    let use = try keeper.validate(bob)
    world.daemon.process.signal(SIGCONT)
    #expect(use == .kept(true))
  }

  @Test func aMalformedRequestForThePageIsClosed() throws {
    for bytes: [UInt8] in [[1, 2], Array("\u{1}epochs2".utf8), Array("\u{1}epochs1 more".utf8)] {
      let socket = try RawSocket(world.daemon)
      try socket.send(bytes)
      #expect(try socket.waitForEnd() == 0, "\(bytes)")
    }
    #expect(try keeper.validate(bob) == .asked(true))
  }
}
