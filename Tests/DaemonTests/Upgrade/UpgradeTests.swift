internal import Glibc
internal import Messages
internal import Platform
internal import PosternClient
internal import Synchronization
internal import TestSupport
internal import Testing

/// Upgrades the daemon again and again under load. A client that makes no call anew sees no
/// failure.
@Suite struct UpgradeTests {
  static let upgrades = 10
  static let clients = 4

  @Test func noCallIsRefused() throws {
    let folder = TemporaryFolder()
    var daemon = try Daemon(["--max-tokens-per-user", "0"], folder: folder)
    // The second is never used, and ends with the daemon.
    let (standing, idle) = (try daemon.client(), try daemon.client())
    _ = try standing.createOrganization {
      $0.setOrganizationID("acme")
      $0.setAdministratorUserID("alice")
    }
    let load = UpgradeLoad(daemon.socketPath)
    var threads: [JoinableClient] = []
    for index in 0..<Self.clients {
      // Half of the clients connect for every few calls, the others keep what they have.
      threads.append(try JoinableClient(load, callsPerConnection: index % 2 == 0 ? 3 : .max))
    }
    for round in 0..<Self.upgrades {
      let next = try Daemon(["--take-over", "--max-tokens-per-user", "0"], folder: folder)
      #expect(try daemon.process.wait() == .exited(0), "round \(round)")
      #expect(!daemon.process.wholeOutput().contains("cut off"), "round \(round)")
      daemon = next
      #expect(try Self.processID(daemon) == UInt32(daemon.process.processID), "round \(round)")
      // Every client makes calls of each kind on this daemon.
      let target = load.calls.load(ordering: .relaxed) + 40 * Self.clients
      while load.calls.load(ordering: .relaxed) < target { sched_yield() }
    }
    load.isOver.store(true, ordering: .relaxed)
    for thread in threads { thread.join() }
    #expect(load.failures.withLock { $0 } == [])
    let client = try daemon.client()
    let secrets = load.secrets.withLock { $0 }
    #expect(secrets.count > Self.upgrades * 10)
    for secret in secrets {
      #expect(try Self.isActive(secret, client))
    }
    #expect(try daemon.stop() == .exited(0))
    _ = idle
  }

  private static func processID(_ daemon: Daemon) throws -> UInt32 {
    let reply = try daemon.client().getStatus { _ in }
    return reply.message.processID
  }

  private static func isActive(_ secret: String, _ client: PosternClient) throws -> Bool {
    let reply = try client.validateToken { $0.setSecret(secret) }
    return reply.message.active
  }
}

/// What the clients of an upgrade do and see.
final class UpgradeLoad: Sendable {
  let socketPath: String
  let calls = Atomic<Int>(0)
  let isOver = Atomic<Bool>(false)
  /// The secrets whose issue was acknowledged.
  let secrets = Guarded<[String]>([])
  /// What failed.
  let failures = Guarded<[String]>([])

  init(_ socketPath: String) { self.socketPath = socketPath }

  func failed(_ reason: String) { failures.withLock { $0.append(reason) } }
}

/// A thread that calls until the load is over.
private final class JoinableClient {
  private var thread: NativeThread?

  init(_ load: UpgradeLoad, callsPerConnection: Int) throws {
    thread = try NativeThread(name: "client") {
      var client = SteadyClient(load, callsPerConnection: callsPerConnection)
      while !load.isOver.load(ordering: .relaxed) { client.callOnceOfEachKind() }
    }
  }

  func join() { thread.take()?.join() }
}

/// Makes each call once.
private struct SteadyClient {
  private let load: UpgradeLoad
  private let callsPerConnection: Int
  private var client: PosternClient?
  private var rest = 0

  init(_ load: UpgradeLoad, callsPerConnection: Int) {
    self.load = load
    self.callsPerConnection = callsPerConnection
  }

  mutating func callOnceOfEachKind() {
    let secret = call { client throws(ClientError) in
      let reply = try client.issueToken {
        $0.setOrganizationID("acme")
        $0.setUserID("alice")
      }
      return String(reply.message.secret)
    }
    guard let secret else { return }
    load.secrets.withLock { $0.append(secret) }
    let isActive = call { client throws(ClientError) in
      let reply = try client.validateToken { $0.setSecret(secret) }
      return reply.message.active
    }
    if isActive == false { load.failed("an acknowledged token is not active") }
    let isAllowed = call { client throws(ClientError) in
      let reply = try client.check {
        $0.setTokenSecret(secret)
        $0.setAction("integration.create")
      }
      return reply.message.allowed
    }
    if isAllowed == false { load.failed("an administrator is denied") }
  }

  private mutating func call<Answer>(
    _ body: (PosternClient) throws(ClientError) -> Answer
  ) -> Answer? {
    guard let connected = connection() else { return nil }
    do throws(ClientError) {
      let answer = try body(connected)
      load.calls.add(1, ordering: .relaxed)
      return answer
    } catch {
      client = nil
      load.failed("\(error)")
      return nil
    }
  }

  /// The present connection, or a new one. Nothing is tried again here: a daemon always accepts
  /// connections.
  private mutating func connection() -> PosternClient? {
    if rest == 0 { client = nil }
    if let client {
      rest -= 1
      return client
    }
    rest = callsPerConnection - 1
    do throws(ClientError) {
      let made = try PosternClient(socketPath: load.socketPath)
      made.timeout = .seconds(30)
      client = made
    } catch {
      load.failed("\(error)")
    }
    return client
  }
}
