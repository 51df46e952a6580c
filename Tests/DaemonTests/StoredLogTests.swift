internal import Glibc
internal import Ledger
internal import Messages
internal import PosternClient
internal import TestSupport
internal import Testing

/// `postern verify --data` beside a daemon, and by a user that may only read.
@Suite struct StoredLogTests {
  private let folder = TemporaryFolder()

  private func verify() throws -> ChildProcess {
    try ChildProcess(Daemon.program("postern"), ["verify", "--data", "\(folder.path)/data"])
  }

  /// What a process that verifies holds for as long as it reads.
  private final class Reader {
    private let transaction: ReadTransaction

    init(_ environment: Environment) throws { transaction = try ReadTransaction(environment) }
  }

  @Test func manyVerifiersTakeNothingFromTheDaemon() throws {
    let daemon = try Daemon(folder: folder)
    try daemon.client().createOrganization("acme", administrator: "alice")
    let reading = try Environment(reading: "\(folder.path)/data", isFile: false, maximumTables: 1)
    let held = try (0..<200).map { _ in try Reader(reading) }
    let reply = try daemon.client().backup { $0.setPath("\(folder.path)/backup") }
    #expect(reply.message.revision > 0)
    withExtendedLifetime(held) {}
    let process = try verify()
    #expect(try process.wait() == .exited(0), "\(process.wholeOutput())")
  }

  @Test(.enabled(if: StrangerProcess.canStart, "needs root and setpriv"))
  func aUserThatMayOnlyReadCanVerify() throws {
    let daemon = try Daemon(folder: folder)
    try daemon.client().createOrganization("acme", administrator: "alice")
    #expect(try daemon.stop() == .exited(0))
    unsafe chmod(folder.path, 0o755)
    unsafe chmod("\(folder.path)/data", 0o755)
    let data = "\(folder.path)/data/data.mdb"
    let refused = try stranger()
    #expect(refused.ending == .exited(3), "\(refused.output)")
    unsafe chmod(data, 0o644)
    let allowed = try stranger()
    #expect(allowed.ending == .exited(0), "\(allowed.output)")
    #expect(allowed.output.contains("the log is whole"))
    unsafe unlink("\(folder.path)/data/lock.mdb")
    #expect(try stranger().ending == .exited(0), "it needs no lock to be there")
  }

  private func stranger() throws -> (ending: Ending, output: String) {
    let process = try StrangerProcess.start(["verify", "--data", "\(folder.path)/data"])
    return (try process.wait(), process.wholeOutput())
  }
}
