internal import Glibc
internal import Ledger
internal import Messages
internal import Platform
internal import PosternClient
internal import TestSupport
internal import Testing

/// What becomes of kept answers where something is missing, and what the daemon says of them.
@Suite struct KeptFailureTests {
  private static func metrics(_ client: PosternClient) throws -> [Substring] {
    let reply = try client.getMetrics { _ in }
    let text = String(decoding: [UInt8](copying: reply.message.openMetricsText), as: UTF8.self)
    return text.split(separator: "\n")
  }

  /// Has a page, readers, moves, given, refused, uses.
  private static func status(_ client: PosternClient) throws -> [UInt64] {
    let reply = try client.getStatus { _ in }
    guard let kept = reply.message.keptAnswers else { return [] }
    return [
      kept.hasPage ? 1 : 0, kept.readerCount, kept.movedCount, kept.givenCount, kept.refusedCount,
      kept.useCount,
    ]
  }

  @Test func statusAndMetricsSayHowAnswersAreKept() throws {
    let world = try World()
    let client = try world.daemon.client()
    let before = try Self.status(client)
    #expect(before.first == 1 && before[1] == 0 && before.suffix(3) == [0, 0, 0])
    let token = try client.issueOrgToken(named: "t", of: "acme", [.api])
    _ = try client.rotate(token.id, graceSeconds: 3600)
    let keeper = try Keeper(world.daemon)
    for _ in 0..<5 { #expect(try keeper.validate(world.secret(of: .user)).isYes) }
    // By the secret of before the rotation: never kept.
    for _ in 0..<2 { #expect(try keeper.validate(token.secret) == .asked(true)) }
    try client.revoke(secret: world.secret(of: .user))
    keeper.cache.reportUses()
    // A call behind the report, on the same connection.
    #expect(try keeper.validate(world.secret(of: .user)) == .asked(false))
    // The rotation and the revoke.
    #expect(try Self.status(client) == [1, 1, before[2] + 2, 1, 2, 4])
    let metrics = try Self.metrics(client)
    for line in [
      "postern_epoch_page 1", "postern_epoch_page_readers_total 1",
      "postern_epoch_moves_total \(before[2] + 2)",
      "postern_kept_answers_total{outcome=\"given\"} 1",
      "postern_kept_answers_total{outcome=\"refused\"} 2", "postern_kept_uses_total 4",
      "postern_refused_use_reports_total 0",
    ] {
      #expect(metrics.contains(line[...]), "\(line)")
    }
  }

  /// The kernel locks no memory for the daemon: there is no page, and each use is a call.
  @Test(.enabled(if: ProcessMemory.isMeaningful, "a sanitizer says that it has locked memory"))
  func withoutAPageEachUseIsACall() throws {
    let folder = TemporaryFolder()
    let script = """
      ulimit -l 0
      [[ $EUID != 0 ]] || exec setpriv --bounding-set=-ipc_lock "$0" "$@"
      exec "$0" "$@"
      """
    let socket = folder.path("socket")
    let daemon = try ChildProcess(
      "/bin/bash",
      [
        "-c", script, Daemon.program("posternd"), "--socket", socket, "--data",
        folder.path("data"), "--workers", "1",
      ], environment: ["HOME": folder.path, "PATH": "/usr/bin:/bin"])
    try daemon.waitForOutput("event=serving")
    try daemon.collectOutput()
    #expect(daemon.wholeOutput().contains("clients can't keep answers"))
    let client = try PosternClient(socketPath: socket)
    try client.createOrganization("acme", administrator: "alice")
    let secret = try client.issueToken(for: "alice", of: "acme").secret
    let cache = TokenCache(try PosternClient(socketPath: socket), socketPath: socket)
    for _ in 0..<3 {
      let isActive = try cache.validateToken(secret.utf8Span.span) { $0.active }
      #expect(isActive)
    }
    #expect(cache.counts.kept == 0 && cache.counts.asked == 3)
    #expect(try Self.status(client) == [0, 0, 0, 0, 0, 0])
    #expect(try Self.metrics(client).contains("postern_epoch_page 0"))
    // The daemon itself goes by counters that no other process sees.
    #expect(try client.tokenReads(from: "memory") > 0)
    try client.revoke(secret: secret)
    #expect(try !client.isActive(secret))
    daemon.signal(SIGTERM)
    #expect(try daemon.wait() == .exited(0))
  }

  /// A process that has no descriptor left gets no page, and one later.
  @Test func pageNeedsADescriptorOfTheClient() throws {
    let daemon = try Daemon()
    let folder = TemporaryFolder()
    let source = folder.write(
      "client.c",
      """
      #include <stdio.h>
      #include <sys/resource.h>
      #include "postern_epochs.h"
      int main(int count, char **arguments) {
        (void)count;
        // The socket takes the last one.
        int first = dup(0);
        close(first);
        struct rlimit limit, few = {(rlim_t)first + 1, 0};
        getrlimit(RLIMIT_NOFILE, &limit);
        few.rlim_max = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &few);
        postern_epochs epochs;
        int result = postern_epochs_open(&epochs, arguments[1]);
        if (result == 0 || errno != ENOTSUP) return 1;
        if (postern_epochs_is_alive(&epochs)) return 2;
        setrlimit(RLIMIT_NOFILE, &limit);
        if (postern_epochs_open(&epochs, arguments[1]) != 0) return 3;
        if (!postern_epochs_is_alive(&epochs)) return 4;
        postern_epochs_close(&epochs);
        return dup(0) == first ? 0 : 5;
      }
      """)
    let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    let compiler = try ChildProcess(
      "/usr/bin/env",
      [
        "gcc", "-O1", "-I/\(root)/Sources/CEpochs/include", "-o", folder.path("client"), source,
      ], environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"])
    #expect(try compiler.wait() == .exited(0), "\(compiler.wholeOutput())")
    let client = try ChildProcess(folder.path("client"), [daemon.socketPath])
    #expect(try client.wait() == .exited(0))
    #expect(try daemon.stop() == .exited(0))
  }

  /// A daemon without a free descriptor accepts no connection, and closes some. A client without a
  /// page asks each time, and keeps answers once it can get one.
  @Test func pageNeedsADescriptorOfTheDaemon() throws {
    let world = try World(descriptors: 64)
    let client = try world.daemon.client()
    let bob = world.secret(of: .user)
    var others: [RawSocket] = []
    for _ in 0..<80 { others.append(try RawSocket(world.daemon)) }
    let cache = TokenCache(client, socketPath: world.daemon.socketPath)
    for _ in 0..<2 { _ = try? cache.validateToken(bob.utf8Span.span) { $0.active } }
    others.removeAll()
    try wait(for: "a kept answer") {
      do throws(ClientError) {
        let isActive = try cache.validateToken(bob.utf8Span.span) { $0.active }
        #expect(isActive)
      } catch {
        if let client = try? world.daemon.client() { cache.client = client }
      }
      return cache.counts.kept > 0
    }
    #expect(try world.daemon.stop() == .exited(0))
  }

  /// The ledger of a backup is another history, also under the same path.
  @Test func aRestoredBackupEndsIt() throws {
    let world = try World()
    let folder = world.daemon.folder
    let (alice, bob) = (world.secret(of: .administrator), world.secret(of: .user))
    let create = CheckQuestion("integration.create")
    let copies = TemporaryFolder()
    let client = try world.daemon.client()
    try client.setAdministrator("bob", of: "acme", true)
    _ = try client.backup { $0.setPath(copies.path("copy")) }
    try client.setAdministrator("bob", of: "acme", false)
    let keeper = try Keeper(world.daemon)
    #expect(try keeper.check(create, bob) == .asked(false))
    #expect(try keeper.check(create, bob) == .kept(false))
    #expect(try keeper.validate(alice) == .asked(true))
    #expect(try world.daemon.stop() == .exited(0))
    #expect(throws: ClientError.self) { try keeper.check(create, bob) }
    #expect(unsafe rename("\(folder.path)/data", copies.path("old")) == 0)
    _ = try Restoration.restore(copies.path("copy"), into: "\(folder.path)/data") { _, _ in }
    let next = try Daemon(folder: folder)
    keeper.cache.client = try next.client()
    #expect(try keeper.check(create, bob) == .asked(true))
    #expect(try keeper.validate(alice) == .asked(true))
    #expect(try next.stop() == .exited(0))
  }
}
