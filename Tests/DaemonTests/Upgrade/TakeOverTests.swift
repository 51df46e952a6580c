internal import Glibc
internal import Platform
internal import PosternClient
internal import Server
internal import TestSupport
internal import Testing

/// A daemon that takes over, from one that behaves as a test likes.
@Suite struct TakeOverTests {
  private let folder = TemporaryFolder()

  private var path: String { "\(folder.path)/socket" }

  private func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

  private func listeners(_ listener: borrowing UnixListener) -> UpgradeMessage {
    .listeners(
      [HandedListener(path: path, inheritedName: nil, identity: listener.identity)],
      drainNanoseconds: 5_000_000_000)
  }

  @Test func startsAfreshWhereTheOtherEndsBeforeItAgrees() throws {
    let host = try ControlHost(in: folder)
    let daemon = try Daemon.start(["--take-over"], in: folder)
    do {
      let listener = try UnixListener(path: path)
      let peer = try host.accept()
      try peer.send(listeners(listener), passing: [listener.rawValue])
      #expect(try peer.next() == .go)
      // A child that another test forks at this moment has a copy until its exec.
      #expect(shutdown(listener.rawValue, Int32(SHUT_RD)) == 0)
    }
    try daemon.waitForOutput("event=serving")
    #expect(daemon.says("the daemon to take over from has ended by itself"))
    #expect(try PosternClient(socketPath: path).daemonProcessID() == UInt32(daemon.processID))
    daemon.signal(SIGTERM)
    #expect(try daemon.wait() == .exited(0))
    #expect(!exists(path))
  }

  @Test func connectionsThatWaitMeanwhileAreServedAfterwards() throws {
    let host = try ControlHost(in: folder)
    let daemon = try Daemon.start(["--take-over"], in: folder)
    var early: PosternClient?
    do {
      var listener = try UnixListener(path: path)
      let peer = try host.accept()
      try peer.send(listeners(listener), passing: [listener.rawValue])
      #expect(try peer.next() == .go)
      try peer.send(.going)
      early = try PosternClient(socketPath: path)
      listener.leaveName()
    }
    #expect(try early?.daemonProcessID() == UInt32(daemon.processID))
    daemon.signal(SIGTERM)
    #expect(try daemon.wait() == .exited(0))
    #expect(!exists(path), "the path went over with the socket")
  }

  @Test func aSocketWhoseNameIsGoneIsBoundAnew() throws {
    let host = try ControlHost(in: folder)
    let daemon = try Daemon.start(["--take-over"], in: folder)
    do {
      var listener = try UnixListener(path: path)
      let peer = try host.accept()
      try peer.send(listeners(listener), passing: [listener.rawValue])
      #expect(try peer.next() == .go)
      #expect(unsafe unlink(path) == 0)
      try peer.send(.going)
      listener.leaveName()
    }
    try daemon.waitForOutput("event=serving")
    #expect(
      daemon.wholeOutput().contains("the path of a socket was missing: the socket is bound again"))
    #expect(try PosternClient(socketPath: path).daemonProcessID() == UInt32(daemon.processID))
    daemon.signal(SIGTERM)
    #expect(try daemon.wait() == .exited(0))
    #expect(!exists(path))
  }

  @Test func aSignalMeanwhileEndsItOnceItCanCleanUp() throws {
    let host = try ControlHost(in: folder)
    let daemon = try Daemon.start(["--take-over"], in: folder)
    do {
      var listener = try UnixListener(path: path)
      let peer = try host.accept()
      try peer.send(listeners(listener), passing: [listener.rawValue])
      #expect(try peer.next() == .go)
      try peer.send(.going)
      try daemon.waitForOutput("event=\"taking over\"")
      daemon.signal(SIGTERM)
      listener.leaveName()
    }
    #expect(try daemon.wait() == .exited(0))
    #expect(!exists(path))
  }

  @Test func aSignalBeforeTheLastWordLeavesTheOtherAlone() throws {
    let host = try ControlHost(in: folder)
    let daemon = try Daemon.start(["--take-over"], in: folder)
    let listener = try UnixListener(path: path)
    let peer = try host.accept()
    daemon.signal(SIGTERM)
    try peer.send(listeners(listener), passing: [listener.rawValue])
    #expect(try peer.next() == nil)
    #expect(try daemon.wait() == .exited(0))
    #expect(daemon.says("event=\"stopped before taking over\""))
    #expect(exists(path))
    _ = listener.rawValue
  }

  @Test func givesUpOnOneThatKeepsItsLocks() throws {
    let host = try ControlHost(in: folder)
    let lock = try LockFile(path: "\(folder.path)/data/lock")
    let daemon = try Daemon.start(["--take-over", "--drain-timeout", "0"], in: folder)
    // It ends without a word, so that there is no drain to wait for but the own one.
    do { _ = try host.accept() }
    #expect(try daemon.wait() == .exited(1))
    #expect(daemon.says("holds the lock `\(folder.path)/data/lock`"))
    lock.holdUntilExit()
  }

  /// What no daemon would say.
  @Test func refusesWhatItCannotServe() throws {
    let file = FileDescriptor(
      owning: try SystemCall.value { unsafe open("/dev/null", O_RDONLY | O_CLOEXEC) })
    let listener = try UnixListener(path: path)
    let good = listeners(listener)
    let own = HandedListener(path: path, inheritedName: nil, identity: nil)
    let cases: [(message: UpgradeMessage, descriptors: [Int32], says: String)] = [
      (good, [], "not as many descriptors as sockets"),
      (good, [listener.rawValue, listener.rawValue], "not as many descriptors as sockets"),
      (good, [file.rawValue], "can't be taken over"),
      (
        .listeners(
          [HandedListener(path: "/elsewhere", inheritedName: nil, identity: nil)],
          drainNanoseconds: 0), [listener.rawValue], "it is bound to `\(path)`"
      ),
      (
        .listeners([own, own], drainNanoseconds: 0), [listener.rawValue, listener.rawValue],
        "more than one socket of its own"
      ),
      (.going, [], "a message came too early"), (.refusal("not today"), [], "not today"),
    ]
    let host = try ControlHost(in: folder)
    for (message, descriptors, says) in cases {
      let daemon = try Daemon.start(["--take-over"], in: folder)
      let peer = try host.accept()
      try peer.send(message, passing: descriptors)
      #expect(try peer.next() == nil, "no last word")
      #expect(try daemon.wait() == .exited(1))
      #expect(daemon.says(says), "\(daemon.wholeOutput())")
      #expect(daemon.wholeOutput().split(separator: "\n").count == 1)
    }
    for bytes in BrokenUpgradeMessage.all {
      let daemon = try Daemon.start(["--take-over"], in: folder)
      try host.accept().send(bytes)
      #expect(try daemon.wait() == .exited(1))
      #expect(daemon.says("sent an answer that can't be read"))
    }
    #expect(exists(path))
  }

  @Test func theSocketOfAServiceManagerStaysItsOwn() throws {
    let listener = try UnixListener(path: "\(folder.path)/other")
    let inbox = try NotifyInbox("\(folder.path)/notify")
    let first = try SupervisedDaemon.start(
      in: folder, passing: [listener.rawValue], names: "postern.socket",
      environment: ["NOTIFY_SOCKET": inbox.address])
    #expect(try inbox.next().first == "READY=1")
    let second = try Daemon(["--take-over"], folder: folder)
    #expect(try first.wait() == .exited(0))
    let news = try inbox.next()
    #expect(news.first == "MAINPID=\(second.process.processID)", "the service goes on")
    #expect(!news.contains("STOPPING=1"))
    let peer = try ControlPeer(in: folder)
    try peer.send(.request)
    guard case .listeners(let listeners, _) = try peer.next() else {
      throw FixtureError("no listeners")
    }
    let expected = HandedListener(
      path: "\(folder.path)/other", inheritedName: "postern.socket", identity: nil)
    #expect(listeners == [expected])
    let client = try PosternClient(socketPath: expected.path)
    #expect(try client.daemonProcessID() == UInt32(second.process.processID))
    #expect(try second.stop() == .exited(0))
    #expect(exists(expected.path), "its path belongs to the service manager")
    #expect(!exists(path))
    _ = listener.rawValue
  }

  /// All sockets are taken over, each under its own name, with the connections that wait at them.
  @Test func takesEverySocket() throws {
    let names = ["one", "two", "three"]
    let paths = names.map { "\(folder.path)/\($0)" }
    let one = try UnixListener(path: paths[0])
    let two = try UnixListener(path: paths[1])
    let three = try UnixListener(path: paths[2])
    let first = try SupervisedDaemon.start(
      in: folder, passing: [one.rawValue, two.rawValue, three.rawValue],
      names: names.joined(separator: ":"))
    try first.waitForOutput("event=serving")
    let second = try Daemon(["--take-over"], folder: folder)
    #expect(try first.wait() == .exited(0))
    let third = try Daemon(["--take-over"], folder: folder)
    #expect(try second.process.wait() == .exited(0))
    for (name, path) in zip(names, paths) {
      let client = try PosternClient(socketPath: path)
      // A socket without a listening process keeps new connections waiting.
      client.timeout = .seconds(10)
      #expect(try client.daemonProcessID() == UInt32(third.process.processID), "\(name)")
    }
    let peer = try ControlPeer(in: folder)
    try peer.send(.request)
    guard case .listeners(let listeners, _) = try peer.next() else {
      throw FixtureError("no listeners")
    }
    #expect(listeners.map(\.path) == paths)
    #expect(listeners.map(\.inheritedName) == names)
    #expect(try third.stop() == .exited(0))
    _ = (one.rawValue, two.rawValue, three.rawValue)
  }
}
