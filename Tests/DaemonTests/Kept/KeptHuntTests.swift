internal import Glibc
internal import Ledger
internal import Messages
internal import Platform
internal import PosternClient
internal import Synchronization
internal import TestSupport
internal import Testing

/// Hunts for a use of a kept answer that was acknowledged to be over: threads use what they keep as
/// fast as they can, while one changes it and the daemon is killed, stopped, replaced, has no
/// descriptor left, or goes on with the ledger of a backup.
///
/// `POSTERN_HUNT_SECONDS` says for how long; by default a few seconds.
@Suite struct KeptHuntTests {
  private static var seconds: Int64 {
    unsafe getenv("POSTERN_HUNT_SECONDS").flatMap { unsafe Int64(String(cString: $0)) } ?? 8
  }

  @Test func noStaleUse() throws {
    let folder = TemporaryFolder()
    func start(_ arguments: [String] = []) throws -> Daemon {
      try Daemon(arguments, folder: folder, descriptors: 64)
    }
    var daemon = try start()
    let hunt = try KeptHunt(daemon)
    let readers = try (0..<2).map { index in
      try HuntThread(name: "reader-\(index)") { hunt.read(seed: UInt64(index)) }
    }
    let changer = try HuntThread(name: "changer") { hunt.change() }
    let end = Clock.monotonicNanoseconds() + Self.seconds * 1_000_000_000
    var random = SplitMix64(seed: 1)
    while Clock.monotonicNanoseconds() < end, !hunt.isOver {
      usleep(200_000)
      switch random.next() % 5 {
      case 0:
        daemon.process.signal(SIGSTOP)
        usleep(50_000)
        daemon.process.signal(SIGCONT)
      case 1:
        _ = try daemon.crash()
        daemon = try start()
      case 2:
        // No descriptor is left, so the daemon takes nobody new and lets some go.
        let others = (0..<80).compactMap { _ in try? RawSocket(daemon) }
        withExtendedLifetime(others) { _ = usleep(50_000) }
      case 3:
        // A backup comes into use, under the same path: the same state in another history.
        try hunt.withoutChanges {
          let copies = TemporaryFolder()
          let client = try #require(hunt.connect(daemon.socketPath))
          _ = try client.backup { $0.setPath(copies.path("copy")) }
          _ = try daemon.crash()
          #expect(unsafe rename("\(folder.path)/data", copies.path("old")) == 0)
          _ = try Restoration.restore(copies.path("copy"), into: "\(folder.path)/data") { _, _ in }
          daemon = try start()
        }
      default:
        let next = try start(["--take-over"])
        _ = try daemon.process.wait()
        daemon = next
      }
    }
    hunt.stop()
    for thread in readers + [changer] { thread.join() }
    let (kept, changes) = hunt.counts
    print("kept uses: \(kept), acknowledged changes: \(changes)")
    #expect(hunt.findings == [])
    #expect(kept > 1000 && changes > 20, "\(kept) kept uses, \(changes) changes")
    #expect(try daemon.stop() == .exited(0))
  }

  /// The same where the changes are made on another host of a fleet, and waited for.
  @Test func noStaleUseInAFleet() throws {
    let server = try PostgreSQL()
    let world = try FleetWorld(on: server)
    let other = try world.start("a")
    try world.begin(with: other, leaseSeconds: 6)
    let folder = TemporaryFolder()
    var daemon = try world.join("b", folder: folder)
    let hunt = try KeptHunt(other, readingAt: daemon.socketPath)
    let readers = try (0..<2).map { index in
      try HuntThread(name: "reader-\(index)") { hunt.read(seed: UInt64(index)) }
    }
    let changer = try HuntThread(name: "changer") { hunt.change() }
    let end = Clock.monotonicNanoseconds() + Self.seconds * 1_000_000_000
    var random = SplitMix64(seed: 2)
    while Clock.monotonicNanoseconds() < end, !hunt.isOver {
      usleep(200_000)
      switch random.next() % 8 {
      case 0:
        // Longer than the lease.
        daemon.process.signal(SIGSTOP)
        usleep(8_000_000)
        daemon.process.signal(SIGCONT)
      case 1:
        try server.freeze()
        usleep(random.next() % 2 == 0 ? 300_000 : 8_000_000)
        try server.thaw()
      case 2, 3:
        _ = try daemon.crash()
        daemon = try world.start("b", folder: folder)
      case 4:
        let next = try world.start("b", ["--take-over"], folder: folder)
        _ = try daemon.process.wait()
        daemon = next
      default:
        daemon.process.signal(SIGSTOP)
        usleep(50_000)
        daemon.process.signal(SIGCONT)
      }
    }
    hunt.stop()
    for thread in readers + [changer] { thread.join() }
    let (kept, changes) = hunt.counts
    print("kept uses in a fleet: \(kept), acknowledged changes: \(changes)")
    #expect(hunt.findings == [])
    #expect(kept > 1000 && changes > 0, "\(kept) kept uses, \(changes) changes")
    #expect(try daemon.stop() == .exited(0))
    #expect(try other.stop() == .exited(0))
  }
}

/// What the threads of a hunt share: org tokens that are switched off and on, and a user that
/// becomes a writer and stops to be one.
///
/// The phase of each thing counts up: 0 it is on, as was acknowledged; 1 it may be either; 2 it is
/// off, as was acknowledged; 3 it may be either; 4 as 0. An answer is wrong if it is the other way
/// while the phase did not change from before the use until after it.
private final class KeptHunt: Sendable {
  private static let tokenCount = 8
  private let socketPath: String
  /// Where answers are kept; another host of a fleet, or the same.
  private let readingPath: String
  private let tokens: [IssuedToken]
  private let bob: String
  private let phases: [HuntPhase]
  private let over = Atomic<Bool>(false)
  /// Locked while something is being changed.
  // Not of nothing: the thread sanitizer takes the lock beside it for the value.
  private let changing = Guarded(false)
  private let pauses = Atomic<Bool>(false)
  private let kept = Atomic<Int>(0)
  private let changes = Atomic<Int>(0)
  private let found = Guarded<[String]>([])

  init(_ daemon: Daemon, readingAt other: String? = nil) throws {
    socketPath = daemon.socketPath
    readingPath = other ?? daemon.socketPath
    let client = try daemon.client()
    if other == nil { try client.createOrganization("acme", administrator: "alice") }
    try client.invite("bob", to: "acme")
    try client.putResource("dashboard", "one", of: "acme")
    bob = try client.issueToken(for: "bob", of: "acme").secret
    tokens = try (0..<Self.tokenCount).map {
      try client.issueOrgToken(named: "token-\($0)", of: "acme", [.api])
    }
    phases = (0...Self.tokenCount).map { _ in HuntPhase() }
    // The other host knows of all that now.
    try set(Self.tokenCount, isOn: true, client)
  }

  var isOver: Bool { over.load(ordering: .relaxed) }
  func stop() { over.store(true, ordering: .relaxed) }
  var findings: [String] { found.withLock { $0 } }
  var counts: (kept: Int, changes: Int) {
    (kept.load(ordering: .relaxed), changes.load(ordering: .relaxed))
  }

  func connect(_ path: String) -> PosternClient? {
    while !isOver {
      if let client = try? PosternClient(socketPath: path) {
        client.timeout = .seconds(10)
        return client
      }
      usleep(1000)
    }
    return nil
  }

  func read(seed: UInt64) {
    guard let client = connect(readingPath) else { return }
    let cache = TokenCache(client, socketPath: readingPath)
    let question = CheckQuestion("dashboard.update", resourceID: "one")
    var random = SplitMix64(seed: seed)
    while !isOver {
      let index = Int(random.next() % UInt64(phases.count))
      // Most of these find what the first has asked for.
      for _ in 0..<64 where !isOver {
        do throws(ClientError) { try use(index, cache, question) } catch {
          guard let client = connect(readingPath) else { break }
          cache.client = client
        }
      }
    }
    kept.add(Int(cache.counts.kept), ordering: .relaxed)
  }

  /// Uses a thing once, and notes an answer that it could not have.
  private func use(
    _ index: Int, _ cache: TokenCache, _ question: CheckQuestion
  ) throws(ClientError) {
    let before = phases[index].load()
    let isOn: Bool
    if index < tokens.count {
      isOn = try cache.validateToken(tokens[index].secret.utf8Span.span) { $0.active }
    } else {
      isOn = try cache.check(question, of: bob.utf8Span.span) { $0.allowed }
    }
    let after = phases[index].load()
    guard before == after, before % 2 == 0, isOn != (before % 4 == 0) else { return }
    found.withLock { $0.append("thing \(index) is \(isOn ? "on" : "off") in \(before)") }
    stop()
  }

  /// Does something while nothing is changed: the changes go on with what is there afterwards.
  func withoutChanges(_ body: () throws -> Void) throws {
    pauses.store(true, ordering: .relaxed)
    defer { pauses.store(false, ordering: .relaxed) }
    try changing.withLock { _ in Result { try body() } }.get()
  }

  func change() {
    guard var client = connect(socketPath) else { return }
    var random = SplitMix64(seed: 99)
    while !isOver {
      // A lock is not fair: the next change would take it at once.
      while pauses.load(ordering: .relaxed) { usleep(1000) }
      changing.withLock { _ in changeOnce(&client, &random) }
    }
  }

  private func changeOnce(_ client: inout PosternClient, _ random: inout SplitMix64) {
    // Bursts of changes, and rests in which much is used that was kept.
    if random.next() % 16 == 0 { usleep(UInt32(random.next() % 100_000)) }
    let index = Int(random.next() % UInt64(phases.count))
    let phase = phases[index].load()
    phases[index].store(phase + 1)
    // Until it is acknowledged, by whichever daemon.
    while !isOver {
      do throws(ClientError) {
        try set(index, isOn: phase % 4 == 2, client)
        phases[index].store(phase + 2)
        changes.add(1, ordering: .relaxed)
        return
      } catch {
        guard let next = connect(socketPath) else { return }
        client = next
      }
    }
  }

  private func set(_ index: Int, isOn: Bool, _ client: PosternClient) throws(ClientError) {
    let wait: PosternV1.Wait = readingPath == socketPath ? .unspecified : .fleet
    if index < tokens.count {
      try client.updateOrgToken(tokens[index].id, ["disabled"]) {
        $0.setDisabled(!isOn)
        $0.setWait(wait)
      }
    } else if isOn {
      _ = try client.setWriter {
        $0.setOrganizationID("acme")
        $0.setResourceType("dashboard")
        $0.setResourceID("one")
        $0.makeWriter().setUserID("bob")
        $0.setWait(wait)
      }
    } else {
      _ = try client.removeWriter {
        $0.setOrganizationID("acme")
        $0.setResourceType("dashboard")
        $0.setResourceID("one")
        $0.makeWriter().setUserID("bob")
        $0.setWait(wait)
      }
    }
  }
}

private final class HuntPhase: Sendable {
  private let value = Atomic<Int>(0)
  func load() -> Int { value.load(ordering: .sequentiallyConsistent) }
  func store(_ phase: Int) { value.store(phase, ordering: .sequentiallyConsistent) }
}

private final class HuntThread {
  private var thread: NativeThread?

  init(name: String, _ body: @escaping @Sendable () -> Void) throws {
    thread = try NativeThread(name: name, body)
  }

  func join() { thread.take()?.join() }
}
