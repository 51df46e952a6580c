internal import Glibc
internal import Messages
internal import Platform
internal import PosternClient
internal import Testing

/// Kills the daemon in the middle of its work, again and again on the same data, and asks after
/// each restart whether everything that was acknowledged is still so.
@Suite struct CrashTests {
  static let kills = 25
  static let clients = 4

  @Test func keepsWhatItAcknowledged() throws {
    let folder = TemporaryFolder()
    let acknowledged = Acknowledgements()
    var random = SplitMix64(seed: 0x5eed)
    do {
      let daemon = try Daemon(folder: folder)
      let client = try daemon.client()
      _ = try client.createOrganization {
        $0.setOrganizationID("acme")
        $0.setAdministratorUserID("alice")
      }
      #expect(try daemon.crash() == .signaled(SIGKILL))
    }
    var checked = 0
    for round in 0..<Self.kills {
      let daemon = try Daemon(folder: folder)
      checked = try Self.verify(daemon, acknowledged.now, from: checked, round)
      // The kill comes after so many further acknowledgements, in the middle of what follows.
      let target = acknowledged.count + Int(random.next() % 100) + 1
      let path = daemon.socketPath
      var threads: [Client] = []
      for _ in 0..<Self.clients {
        threads.append(try Client(path, acknowledged, seed: random.next()))
      }
      while acknowledged.count < target { sched_yield() }
      #expect(try daemon.crash() == .signaled(SIGKILL))
      for thread in threads { thread.join() }
    }
    let daemon = try Daemon(folder: folder)
    _ = try Self.verify(daemon, acknowledged.now, from: 0, Self.kills)
    #expect(try daemon.stop() == .exited(0))
    #expect(acknowledged.now.revoked.count > Self.kills, "the load had too few revokes")
  }

  /// Validates everything. Revokes before `start` were seen to hold already and are sampled.
  private static func verify(
    _ daemon: Daemon, _ content: Acknowledgements.Content, from start: Int, _ round: Int
  ) throws -> Int {
    let client = try daemon.client()
    let status = try client.getStatus { _ in }
    #expect(status.message.revision >= content.revision, "round \(round)")
    for secret in content.issued {
      #expect(try isActive(secret, client), "an issue is lost, round \(round)")
    }
    for (index, secret) in content.revoked.enumerated() where index >= start || index % 7 == 0 {
      #expect(try !isActive(secret, client), "a revoke is undone, round \(round)")
    }
    return content.revoked.count
  }

  private static func isActive(_ secret: String, _ client: PosternClient) throws -> Bool {
    let reply = try client.validateToken { $0.setSecret(secret) }
    return reply.message.active
  }
}

/// A thread that issues and revokes until its connection breaks.
private final class Client {
  private var thread: NativeThread?

  init(_ socketPath: String, _ acknowledged: Acknowledgements, seed: UInt64) throws {
    thread = try NativeThread(name: "client") {
      var random = SplitMix64(seed: seed)
      // Every failure is the end of the daemon, and so of this thread.
      guard let client = try? PosternClient(socketPath: socketPath) else { return }
      while Client.change(client, acknowledged, random.next()) {}
    }
  }

  func join() { thread.take()?.join() }

  private static func change(
    _ client: PosternClient, _ acknowledged: Acknowledgements, _ random: UInt64
  ) -> Bool {
    do throws(ClientError) {
      if random % 3 == 0, let secret = acknowledged.takeForRevoke(random >> 8) {
        let reply = try client.revokeToken { $0.setSecret(secret) }
        acknowledged.revoked(secret, reply.message.revision)
      } else {
        let reply = try client.issueToken {
          $0.setOrganizationID("acme")
          $0.setUserID("alice")
        }
        acknowledged.issued(String(reply.message.secret), reply.message.revision)
      }
      return true
    } catch {
      return false
    }
  }
}
