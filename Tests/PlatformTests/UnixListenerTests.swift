internal import Glibc
internal import Platform
internal import TestSupport
internal import Testing

@Suite struct UnixListenerTests {
  private let directory = TemporaryFolder()

  private func error(_ path: String) -> ListenError? {
    do {
      _ = try UnixListener(path: path)
      return nil
    } catch { return error }
  }

  private func exists(_ outcome: consuming AcceptOutcome) -> Bool {
    guard case .connection = outcome else { return false }
    return true
  }

  /// Leaves a socket at `path` that no process serves: the owner's removal misses it.
  private func leaveStale(_ name: String) throws {
    let listener = try UnixListener(path: directory.path("moving"))
    let result = unsafe rename(directory.path("moving"), directory.path(name))
    drop(listener)
    #expect(result == 0)
    try #require(directory.contains(name))
  }

  @Test func acceptsAConnectionAndCarriesItsCredentials() throws {
    let path = directory.path("socket")
    let listener = try UnixListener(path: path)
    #expect(try !exists(listener.accept()))
    let client = try UnixConnection.connect(path: path)
    guard case .connection(let connection) = try listener.accept() else {
      Issue.record("no connection")
      return
    }
    let own = PeerCredentials(userID: geteuid(), groupID: getegid(), processID: getpid())
    #expect(try PeerCredentials(of: connection) == own)
    #expect(try PeerCredentials(of: client) == own)
    #expect(fcntl(connection.rawValue, F_GETFD) & FD_CLOEXEC != 0)
    #expect(fcntl(connection.rawValue, F_GETFL) & O_NONBLOCK != 0)
    #expect(fcntl(client.rawValue, F_GETFL) & O_NONBLOCK == 0)
  }

  @Test(arguments: [UInt32(0o600), 0o660, 0o666])
  func theSocketHasTheModeAskedFor(mode: UInt32) throws {
    let listener = try UnixListener(path: directory.path("socket"), mode: mode)
    #expect(directory.mode("socket") == mode)
    _ = listener.rawValue
  }

  @Test func replacesAStaleSocket() throws {
    try leaveStale("socket")
    #expect(throws: ConnectError.failed(path: directory.path("socket"), error: .connectionRefused))
    {
      _ = try UnixConnection.connect(path: directory.path("socket"))
    }
    let listener = try UnixListener(path: directory.path("socket"))
    let client = try UnixConnection.connect(path: directory.path("socket"))
    #expect(try exists(listener.accept()))
    _ = client.rawValue
  }

  @Test func refusesALiveSocketAndNamesItsProcess() throws {
    let path = directory.path("socket")
    let listener = try UnixListener(path: path)
    #expect(error(path) == .served(path: path, processID: getpid()))
    #expect(directory.contains("socket"))
    _ = listener.rawValue
  }

  @Test func refusesWhatIsNotASocket() throws {
    directory.write("socket", "precious")
    let path = directory.path("socket")
    #expect(error(path) == .notASocket(path: path))
    #expect(try directory.read("socket") == "precious")
  }

  @Test func refusesASymbolicLink() throws {
    let path = directory.path("socket")
    #expect(unsafe symlink("/nowhere", path) == 0)
    #expect(error(path) == .notASocket(path: path))
  }

  @Test func tellsThatTheFolderIsMissing() {
    let path = directory.path("missing/socket")
    #expect(error(path)?.description.contains("create its folder first") == true)
  }

  @Test(arguments: [("\0name", true), ("@name", true), ("", false), ("/tmp/a\0b", false)])
  func refusesPathsThatNameNoFile(path: String, isAbstract: Bool) {
    guard case .path(let reason) = error(path) else {
      Issue.record("not refused")
      return
    }
    #expect((reason == .abstract(path: path)) == isAbstract)
    #expect(!reason.description.contains("\0"))
  }

  @Test func takesTheLongestPathAndNoLonger() throws {
    let room = 107 - directory.path("").utf8.count
    let longest = String(repeating: "x", count: room)
    let listener = try UnixListener(path: directory.path(longest))
    #expect(directory.contains(longest))
    _ = listener.rawValue
    let tooLong = directory.path(longest + "x")
    #expect(error(tooLong) == .path(.tooLong(path: tooLong, byteCount: 108)))
    #expect(error(tooLong)?.description.contains("107") == true)
  }

  @Test func removesItsNameAtTheEnd() throws {
    do {
      let listener = try UnixListener(path: directory.path("socket"))
      #expect(directory.contains("socket"))
      _ = listener.rawValue
    }
    #expect(!directory.contains("socket"))
  }

  @Test func leavesANameThatIsNoLongerItsOwn() throws {
    do {
      let listener = try UnixListener(path: directory.path("socket"))
      #expect(unsafe unlink(directory.path("socket")) == 0)
      directory.write("socket", "another's")
      _ = listener.rawValue
    }
    #expect(try directory.read("socket") == "another's")
  }

  @Test func leavesAnInheritedName() throws {
    let path = directory.path("socket")
    do {
      let original = try UnixListener(path: path)
      let duplicate = FileDescriptor(owning: try SystemCall.value { dup(original.rawValue) })
      let inherited = try UnixListener(inherited: duplicate, path: path)
      let client = try UnixConnection.connect(path: path)
      #expect(try exists(inherited.accept()))
      drop(inherited)
      #expect(directory.contains("socket"))
      _ = client.rawValue
      _ = original.rawValue
    }
  }

  private func drop(_ listener: consuming UnixListener) {}
}
