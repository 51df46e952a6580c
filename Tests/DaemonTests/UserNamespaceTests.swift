internal import Glibc
internal import PosternClient
internal import TestSupport
internal import Testing

/// Daemons in user namespaces, where one id may stand for many users.
@Suite(.enabled(if: Unshared.canMake, "needs user namespaces"))
struct UserNamespaceTests {
  private func start(_ unshared: [String], _ folder: TemporaryFolder) throws -> ChildProcess {
    let flags = ["--socket", "\(folder.path)/socket", "--data", "\(folder.path)/data"]
    return try ChildProcess(
      "/usr/bin/unshare", ["--user", Daemon.program("posternd")] + flags + unshared)
  }

  @Test func refusesToRunAsAnUnmappedUser() throws {
    let folder = TemporaryFolder()
    let process = try start([], folder)
    #expect(try process.wait() == .exited(1))
    #expect(process.says("all of them would be operators"))
    #expect(unsafe access("\(folder.path)/data", F_OK) != 0, "it has begun nothing")
  }

  @Test(arguments: ["operator-uid", "operator-gid", "issuer-uid", "issuer-gid"])
  func refusesARoleForAnybody(_ flag: String) throws {
    let folder = TemporaryFolder()
    let process = try mapped(["--\(flag)", "65534"], folder)
    #expect(try process.wait() == .exited(1))
    #expect(process.says("65534, which is configured as"))
  }

  @Test func servesAsAMappedUser() throws {
    let folder = TemporaryFolder()
    let process = try mapped(["--operator-uid", "65533"], folder)
    try process.waitForOutput("event=serving")
    #expect(try PosternClient(socketPath: "\(folder.path)/socket").revision() == 0)
    process.signal(SIGTERM)
    #expect(try process.wait() == .exited(0))
  }

  /// Starts a daemon as root of a namespace that maps no other user.
  private func mapped(_ flags: [String], _ folder: TemporaryFolder) throws -> ChildProcess {
    let paths = ["--socket", "\(folder.path)/socket", "--data", "\(folder.path)/data"]
    return try ChildProcess(
      "/usr/bin/unshare",
      ["--user", "--map-root-user", Daemon.program("posternd")] + paths + flags)
  }
}

private enum Unshared {
  static var canMake: Bool {
    guard let process = try? ChildProcess("/usr/bin/unshare", ["--user", "/bin/true"]) else {
      return false
    }
    return (try? process.wait()) == .exited(0)
  }
}
