internal import Glibc
internal import Platform
internal import PosternClient
internal import Server
internal import TestSupport
internal import Testing

/// A running daemon, and the processes that connect to its control socket.
@Suite struct HandOverTests {
  /// A daemon takes the place of the running one.
  private func takeOver(_ folder: TemporaryFolder, _ more: [String] = []) throws -> Daemon {
    try Daemon(["--take-over"] + more, folder: folder)
  }

  private func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

  @Test func theNextServesAndTheFirstEnds() throws {
    let first = try Daemon()
    let client = try first.client()
    try client.createOrganization("acme", administrator: "alice")
    let secret = try client.issueToken(for: "alice", of: "acme").secret
    let second = try takeOver(first.folder, ["--socket-mode", "0600"])
    #expect(try first.process.wait() == .exited(0))
    #expect(first.process.says("event=\"handing over\""))
    #expect(!first.process.wholeOutput().contains("cut off"))
    #expect(exists(second.socketPath), "the path stays")
    let next = try second.client()
    #expect(try next.isActive(secret))
    #expect(try next.daemonProcessID() == UInt32(second.process.processID))
    let third = try takeOver(first.folder)
    #expect(try second.process.wait() == .exited(0))
    #expect(try third.client().isActive(secret))
    #expect(try third.stop() == .exited(0))
    #expect(!exists(third.socketPath), "the last removes what the first has made")
    #expect(!exists("\(third.folder.path)/data/control.sock"))
  }

  @Test func servesTheSocketsOfTheFirstWhateverIsConfigured() throws {
    let first = try Daemon()
    let second = try takeOver(first.folder, ["--socket", "\(first.folder.path)/other"])
    #expect(try first.process.wait() == .exited(0))
    #expect(
      second.process.wholeOutput().contains(
        "the configured socket is not bound: the previous daemon used other sockets"))
    #expect(!exists("\(first.folder.path)/other"))
    #expect(
      try second.client().daemonProcessID() == UInt32(second.process.processID))
    #expect(try second.stop() == .exited(0))
    #expect(!exists(first.socketPath))
  }

  @Test func isSetInAFileToo() throws {
    let first = try Daemon()
    let file = first.folder.write("configuration.json5", "{ take_over: true }")
    let second = try Daemon(["--config", file], folder: first.folder)
    #expect(try first.process.wait() == .exited(0))
    #expect(try second.stop() == .exited(0))
    let third = try Daemon(["--config", file, "--take-over=false"], folder: first.folder)
    #expect(!third.process.wholeOutput().contains("take over"))
  }

  @Test func aPlainStartIsRefusedAsEver() throws {
    let first = try Daemon()
    let second = try takeOver(first.folder)
    let third = try Daemon.start([], in: first.folder)
    #expect(try third.wait() == .exited(1))
    #expect(
      third.wholeOutput().contains(
        "process \(second.process.processID) holds the lock `\(first.folder.path)/data/lock`"))
    #expect(try second.client().revision() == 0)
  }

  @Test(arguments: [false, true]) func startsWhereNoDaemonRuns(afterACrash: Bool) throws {
    let folder = TemporaryFolder()
    if afterACrash {
      #expect(try Daemon(folder: folder).crash() == .signaled(SIGKILL))
      #expect(exists("\(folder.path)/data/control.sock"), "a stale one")
    }
    let daemon = try takeOver(folder)
    #expect(daemon.process.says("event=\"no daemon to take over from\""))
    let next = try takeOver(folder)
    #expect(try daemon.process.wait() == .exited(0))
    #expect(try next.stop() == .exited(0))
  }

  @Test func servesWithoutAControlSocket() throws {
    let folder = TemporaryFolder()
    try PrivateDirectory.create(path: "\(folder.path)/data")
    let file = folder.write("data/control.sock", "precious")
    let daemon = try Daemon(folder: folder)
    #expect(daemon.process.says("no other daemon will be able to take over"))
    #expect(try daemon.client().revision() == 0)
    #expect(try daemon.stop() == .exited(0))
    #expect(exists(file))
  }

  private static var nonsense: [[UInt8]] {
    var all = BrokenUpgradeMessage.all
    // Whatever has a body is oversized here.
    all.append(UpgradeMessage.refusal("body").encoded())
    all.append(UpgradeMessage.going.encoded())
    all.append(UpgradeMessage.go.encoded())
    all.append(UpgradeMessage.request.encoded() + [0])
    all.append([UInt8](repeating: 0x70, count: 100_000))
    return all
  }

  @Test func refusesNonsenseAndServesOn() throws {
    let daemon = try Daemon()
    for bytes in Self.nonsense {
      let peer = try ControlPeer(in: daemon.folder)
      // It may have hung up before it has been sent everything.
      _ = try? peer.send(bytes)
      if case .refusal(let reason) = try peer.next() { #expect(!reason.isEmpty) }
      #expect(try peer.next() == nil, "the connection ends")
    }
    #expect(try daemon.client().revision() == 0)
    let next = try takeOver(daemon.folder)
    #expect(try daemon.process.wait() == .exited(0))
    #expect(try next.stop() == .exited(0))
  }

  @Test func servesOnWhenTheOtherDiesBeforeItsLastWord() throws {
    let daemon = try Daemon()
    let client = try daemon.client()
    for _ in 0..<3 {
      do {
        let peer = try ControlPeer(in: daemon.folder)
        try peer.send(.request)
        guard case .listeners(let listeners, _) = try peer.next() else {
          throw FixtureError("no listeners")
        }
        #expect(listeners.map(\.path) == [daemon.socketPath])
        #expect(listeners.map(\.inheritedName) == [nil])
        #expect(peer.passedCount == 1)
      }
      #expect(try client.revision() == 0, "an old connection")
      #expect(try daemon.client().revision() == 0, "a new one")
    }
    let next = try takeOver(daemon.folder)
    #expect(try daemon.process.wait() == .exited(0))
    #expect(try next.client().revision() == 0)
  }

  @Test func refusesASecondWhileOneIsUnderWay() throws {
    let daemon = try Daemon()
    do {
      let peer = try ControlPeer(in: daemon.folder)
      try peer.send(.request)
      _ = try peer.next()
      let other = try Daemon.start(["--take-over"], in: daemon.folder)
      #expect(try other.wait() == .exited(1))
      #expect(
        other.wholeOutput().contains(
          "the running daemon (\(daemon.process.processID)) does not hand over: "
            + "process \(getpid()) is taking over already"), "\(other.wholeOutput())")
      #expect(try daemon.client().revision() == 0)
    }
    let next = try takeOver(daemon.folder)
    #expect(try daemon.process.wait() == .exited(0))
    #expect(try next.stop() == .exited(0))
  }

  @Test func endsOnASignalThoughATakeOverIsUnderWay() throws {
    let daemon = try Daemon()
    let peer = try ControlPeer(in: daemon.folder)
    try peer.send(.request)
    _ = try peer.next()
    #expect(try daemon.stop() == .exited(0))
    #expect(try peer.next() == nil, "it isn't told to take over")
    #expect(!exists(daemon.socketPath))
    #expect(!exists("\(daemon.folder.path)/data/control.sock"))
  }

  @Test(.enabled(if: StrangerProcess.canStart, "needs root and setpriv"))
  func refusesAnotherUser() throws {
    let daemon = try Daemon()
    // What keeps strangers out at first.
    let control = "\(daemon.folder.path)/data/control.sock"
    var status = stat()
    #expect(unsafe stat(control, &status) == 0)
    #expect(status.st_mode & 0o777 == 0o600)
    for (path, mode) in [(daemon.folder.path, 0o755), ("\(daemon.folder.path)/data", 0o755)] {
      #expect(unsafe chmod(path, mode_t(mode)) == 0)
    }
    #expect(unsafe chmod(control, 0o666) == 0)
    let script = """
      use IO::Socket::UNIX;
      my $s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die "no connection";
      $SIG{PIPE} = 'IGNORE';
      syswrite($s, pack("a4nnN", "pstn", 1, 1, 0));
      my $answer = '';
      1 while sysread($s, $answer, 4096, length $answer);
      print substr($answer, 14), "\\n";
      """
    let stranger = try ChildProcess(
      "/usr/bin/setpriv",
      [
        "--reuid=\(StrangerProcess.userID)", "--regid=\(StrangerProcess.userID)",
        "--clear-groups", "/usr/bin/perl", "-e", script, control,
      ])
    #expect(try stranger.wait() == .exited(0))
    #expect(
      stranger.wholeOutput() == "user \(StrangerProcess.userID) may not take over\n")
    #expect(try daemon.client().revision() == 0)
    #expect(try daemon.stop() == .exited(0))
    #expect(daemon.process.says("may not take over"))
  }
}
