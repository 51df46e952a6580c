internal import Glibc
internal import Platform
internal import RPC
internal import Server
internal import TestSupport
internal import Testing

/// The role of a peer, by what the kernel says about it.
@Suite struct PeerRoleTests {
  /// When the process that connected has ended, the user of its connection is unknown.
  @Test func aConnectionOfAnEndedProcessHasTheLeastRole() throws {
    let folder = TemporaryFolder()
    let path = "\(folder.path)/socket"
    let listener = try UnixListener(path: path)
    let process = try ChildProcess(
      Daemon.program("postern"), ["status"], environment: ["POSTERN_SOCKET": path, "HOME": "/"])
    var entry = pollfd(fd: listener.rawValue, events: Int16(POLLIN), revents: 0)
    try #require(unsafe poll(&entry, 1, ChildProcess.patienceMilliseconds) == 1)
    guard case .connection(let connection) = try listener.accept() else {
      Issue.record("no connection")
      return
    }
    let credentials = try PeerCredentials(of: connection)
    #expect(credentials.processID == process.processID)
    let configuration = Configuration(environment: [:])
    let log = try Log(level: .error, format: .text)
    #expect(configuration.role(of: credentials, on: connection, log: log) == .operator)
    if case .unsupported = try PeerProcess.of(connection) { return }
    process.signal(SIGKILL)
    #expect(try process.wait() == .signaled(SIGKILL))
    #expect(configuration.role(of: credentials, on: connection, log: log) == .client)
  }

  /// An id that stands for many users gives no role, even if a role is configured for it.
  @Test func noRoleComesFromAnIDOfAnybody() throws {
    var configuration = Configuration(environment: [:])
    configuration.operatorGroupIDs = [ProcessControl.groupID]
    let strangers = UserNamespace(
      userMap: nil, overflowUserID: "\(ProcessControl.userID)", groupMap: nil,
      overflowGroupID: "\(ProcessControl.groupID)")
    let log = try Log(level: .error, format: .text)
    let (own, other) = try UnixConnection.socketPair(nonblocking: false).split { first, second in
      (first.release(), second.release())
    }
    let socket = FileDescriptor(owning: own)
    defer { close(other) }
    let peer = try PeerCredentials(of: socket)
    #expect(configuration.role(of: peer, on: socket, log: log) == .operator)
    #expect(configuration.role(of: peer, on: socket, log: log, in: strangers) == .client)
  }
}
