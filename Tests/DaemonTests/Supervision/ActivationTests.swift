internal import Glibc
internal import Platform
internal import PosternClient
internal import TestSupport
internal import Testing

/// Sockets that the service manager passes.
@Suite struct ActivationTests {
  private let folder = TemporaryFolder()

  private func path(_ name: String) -> String { "\(folder.path)/\(name)" }

  private func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

  private func stop(_ daemon: ChildProcess) throws -> Ending {
    daemon.signal(SIGTERM)
    return try daemon.wait()
  }

  @Test func servesOneInheritedSocketAndLeavesItsPath() throws {
    let listener = try UnixListener(path: path("other"))
    let early = try PosternClient(socketPath: path("other"))
    let daemon = try SupervisedDaemon.start(
      in: folder, passing: [listener.rawValue], names: "postern.socket")
    try daemon.waitForOutput("event=serving")
    #expect(daemon.says("name=postern.socket socket=\(path("other"))"))
    #expect(daemon.says("event=serving socket=\(path("other")) "))
    #expect(daemon.says("the configured socket is not bound"))
    #expect(try early.revision() == 0, "a connection from before the daemon's start is served")
    #expect(try early.daemonProcessID() == UInt32(daemon.processID))
    #expect(!exists(path("socket")), "the configured socket is not bound")
    #expect(try stop(daemon) == .exited(0))
    #expect(exists(path("other")), "the path belongs to the service manager")
    _ = listener.rawValue
  }

  @Test func saysWhatHasNoEffectOnAnInheritedSocket() throws {
    let listener = try UnixListener(path: path("other"), mode: 0o660)
    let daemon = try SupervisedDaemon.start(
      in: folder, passing: [listener.rawValue], arguments: ["--socket-mode", "0600"])
    try daemon.waitForOutput("event=serving")
    let output = daemon.wholeOutput()
    #expect(output.contains("socket-mode has no effect"), "\(output)")
    #expect(output.contains("mode=0660 socket_mode=0600"), "\(output)")
    #expect(unsafe unlink(path("other")) == 0)
    try daemon.waitForOutput("no process can connect")
    try daemon.waitForOutput("the service manager made the socket, and must make it again")
    #expect(!exists(path("other")))
    #expect(try stop(daemon) == .exited(0))
    _ = listener.rawValue
  }

  @Test func servesEveryInheritedSocket() throws {
    let first = try UnixListener(path: path("first"))
    let second = try UnixListener(path: path("second"))
    let daemon = try SupervisedDaemon.start(
      in: folder, passing: [first.rawValue, second.rawValue], names: "one:two")
    try daemon.waitForOutput("event=serving")
    #expect(daemon.says("name=one socket=\(path("first"))"))
    #expect(daemon.says("name=two socket=\(path("second"))"))
    let one = try PosternClient(socketPath: path("first"))
    let two = try PosternClient(socketPath: path("second"))
    try one.createOrganization("acme", administrator: "alice")
    #expect(try two.revision() > 0, "both lead to one daemon")
    #expect(try stop(daemon) == .exited(0))
    #expect(exists(path("first")) && exists(path("second")))
    _ = (first.rawValue, second.rawValue)
  }

  @Test func connectionsBetweenTwoDaemonsAreServedByTheNext() throws {
    let listener = try UnixListener(path: path("other"))
    let first = try SupervisedDaemon.start(in: folder, passing: [listener.rawValue])
    try first.waitForOutput("event=serving")
    #expect(try stop(first) == .exited(0))
    let between = try PosternClient(socketPath: path("other"))
    let second = try SupervisedDaemon.start(in: folder, passing: [listener.rawValue])
    #expect(try between.daemonProcessID() == UInt32(second.processID))
    #expect(try stop(second) == .exited(0))
    _ = listener.rawValue
  }

  @Test func leavesTheSocketsOfAnotherProcess() throws {
    let listener = try UnixListener(path: path("other"))
    let daemon = try SupervisedDaemon.start(
      in: folder, passing: [listener.rawValue], listenPID: "1")
    try daemon.waitForOutput("event=serving")
    #expect(daemon.says("event=serving socket=\(path("socket")) "))
    #expect(try PosternClient(socketPath: path("socket")).revision() == 0)
    #expect(try stop(daemon) == .exited(0))
    #expect(!exists(path("socket")))
    _ = listener.rawValue
  }

  @Test func refusesWhatIsNoSocket() throws {
    let file = FileDescriptor(
      owning: try SystemCall.value { unsafe open("/dev/null", O_RDONLY | O_CLOEXEC) })
    let listener = try UnixListener(path: path("other"))
    let daemon = try SupervisedDaemon.start(
      in: folder, passing: [listener.rawValue, file.rawValue], names: "good:bad")
    #expect(try daemon.wait() == .exited(1))
    #expect(
      daemon.wholeOutput().contains("the inherited descriptor 4 (`bad`) is not a socket"))
    #expect(daemon.wholeOutput().split(separator: "\n").count == 1)
    #expect(exists(path("other")))
    #expect(!exists(path("data")), "nothing is touched")
    _ = listener.rawValue
  }

  @Test func refusesMoreThanIsPassed() throws {
    let listener = try UnixListener(path: path("other"))
    let daemon = try SupervisedDaemon.start(
      in: folder, passing: [listener.rawValue], names: "one:two")
    #expect(try daemon.wait() == .exited(1))
    #expect(daemon.says("LISTEN_FDNAMES has 2 names for 1 sockets"))
    _ = listener.rawValue
  }

  @Test func theDataHasOneOwnerStill() throws {
    let listener = try UnixListener(path: path("other"))
    let daemon = try SupervisedDaemon.start(in: folder, passing: [listener.rawValue])
    try daemon.waitForOutput("event=serving")
    let another = try UnixListener(path: path("another"))
    let second = try SupervisedDaemon.start(in: folder, passing: [another.rawValue])
    #expect(try second.wait() == .exited(1))
    #expect(second.says(path("data/lock")))
    #expect(exists(path("another")))
    #expect(try stop(daemon) == .exited(0))
    _ = (listener.rawValue, another.rawValue)
  }
}
