internal import Foundation
internal import Glibc
internal import TestSupport
internal import Testing
internal import postern

/// `postern restore` and `postern verify` where a daemon ran before and runs after.
@Suite struct RestoreTests {
  private func run(
    _ words: String..., socket: String = ""
  ) -> (code: ExitCode, output: String, errors: String) {
    let context = RecordedContext()
    context.variables["POSTERN_SOCKET"] = socket
    let code = Program.run(words, in: context)
    return (code, context.output, context.errors)
  }

  /// A folder with the data of a daemon that has ended, and a copy of before its last change.
  private func stopped(_ last: (Daemon) throws -> Void) throws -> (TemporaryFolder, copy: String) {
    let daemon = try Daemon()
    let socket = daemon.socketPath
    let copy = "\(daemon.folder.path)/copy"
    #expect(run("org", "create", "acme", "--admin", "alice", socket: socket).code == .success)
    #expect(run("backup", copy, socket: socket).code == .success)
    try last(daemon)
    #expect(try daemon.stop() == .exited(0))
    return (daemon.folder, copy)
  }

  private func invite(_ user: String, _ daemon: Daemon) {
    let result = run("user", "invite", user, "--org", "acme", socket: daemon.socketPath)
    #expect(result.code == .success, "\(result)")
  }

  @Test func namesWhatTheCopyLacks() throws {
    let (folder, copy) = try stopped {
      invite("bob", $0)
      invite("carol", $0)
    }
    let data = "\(folder.path)/data"
    #expect(unsafe unlink("\(data)/data.mdb") == 0)
    let restored = run("restore", copy, "--data", data)
    #expect(restored.code == .success, "\(restored)")
    #expect(
      restored.errors
        == "postern: 2 revisions that this host has acknowledged are not in the copy, revokes "
        + "perhaps among them: start once with `posternd --lose-revisions 2`\n")
    let refused = try Daemon.start([], in: folder)
    #expect(try refused.wait() == .exited(1))
    #expect(refused.says("--lose-revisions 2"))
    let daemon = try Daemon(["--lose-revisions", "2"], folder: folder)
    invite("bob", daemon)
    #expect(run("verify", socket: daemon.socketPath).code == .success)
  }

  /// Without the host's note nothing tells what the copy lacks, and only the first start can revoke
  /// what it may lack.
  @Test func saysThatNothingTells() throws {
    let (folder, copy) = try stopped { invite("bob", $0) }
    let data = "\(folder.path)/data"
    #expect(unsafe unlink("\(data)/data.mdb") == 0)
    #expect(unsafe rename("\(data)/host", "\(folder.path)/host") == 0)
    let restored = run("restore", copy, "--data", data)
    #expect(restored.code == .success, "\(restored)")
    #expect(restored.errors.contains("nothing tells which revokes the copy lacks"), "\(restored)")
    #expect(restored.errors.contains("--lose-revisions unknown"))
    // The note may come back afterwards.
    #expect(unsafe rename("\(folder.path)/host", "\(data)/host") == 0)
    let refused = try Daemon.start([], in: folder)
    #expect(try refused.wait() == .exited(1))
    #expect(refused.says("--lose-revisions 1"))
    #expect(unsafe unlink("\(data)/host") == 0)
    let daemon = try Daemon(folder: folder)
    #expect(daemon.process.says("nothing on this host tells which revokes it lacks"))
  }

  /// A watch that was going on when the ledger was restored ends: revisions mean something else.
  @Test func endsAWatch() throws {
    let folder: TemporaryFolder
    let copy: String
    let watch: ChildProcess
    do {
      let daemon = try Daemon()
      let socket = daemon.socketPath
      (folder, copy) = (daemon.folder, "\(daemon.folder.path)/copy")
      #expect(run("org", "create", "acme", "--admin", "alice", socket: socket).code == .success)
      #expect(run("backup", copy, socket: socket).code == .success)
      watch = try ChildProcess(
        Daemon.program("postern"), ["watch", "--from-revision", "1"],
        environment: ["POSTERN_SOCKET": socket])
      try watch.waitForOutput("alice")
      invite("bob", daemon)
      try watch.waitForOutput("bob")
      #expect(try daemon.stop() == .exited(0))
    }
    let data = "\(folder.path)/data"
    #expect(unsafe unlink("\(data)/data.mdb") == 0)
    #expect(run("restore", copy, "--data", data).code == .success)
    let daemon = try Daemon(["--lose-revisions", "1", "--keep-tokens"], folder: folder)
    #expect(try watch.wait() == .exited(3))
    #expect(watch.says("it was restored"), "\(watch.wholeOutput())")
    invite("bob", daemon)
  }

  /// A restore that is killed half way hinders neither the next one nor a daemon.
  @Test func canBeKilledAndRepeated() throws {
    let (source, copy) = try stopped { _ in }
    let folder = TemporaryFolder()
    let (data, pipe) = ("\(folder.path)/data", "\(source.path)/pipe")
    #expect(unsafe mkdir(data, 0o700) == 0)
    #expect(unsafe mkfifo(pipe, 0o600) == 0)
    let killed = try ChildProcess(
      Daemon.program("postern"), ["restore", pipe, "--data", data], environment: [:])
    // Waits until the other end is opened too.
    let feed = unsafe open(pipe, O_WRONLY | O_CLOEXEC)
    try #require(feed >= 0)
    let half = Array(try Data(contentsOf: URL(fileURLWithPath: copy)).prefix(20_000))
    #expect(unsafe write(feed, half, half.count) == half.count)
    let leftover = "\(data)/data.mdb.partial"
    for _ in 0..<5000 {
      let size = (try? FileManager.default.attributesOfItem(atPath: leftover))?[.size] as? Int
      if size ?? 0 > 0 { break }
      usleep(2000)
    }
    killed.signal(SIGKILL)
    #expect(try killed.wait() == .signaled(SIGKILL))
    close(feed)
    #expect(FileManager.default.fileExists(atPath: leftover))

    let refused = try Daemon.start([], in: folder)
    #expect(try refused.wait() == .exited(1))
    #expect(refused.says("was cut off"), "\(refused.wholeOutput())")
    let restored = run("restore", copy, "--data", data)
    #expect(restored.code == .success, "\(restored)")
    #expect(!FileManager.default.fileExists(atPath: leftover))
    let daemon = try Daemon(folder: folder)
    invite("bob", daemon)
  }

  /// A file that is no copy is named in one sentence, with what to do, and leaves nothing behind.
  @Test func saysWhatIsNoCopy() throws {
    let (source, _) = try stopped { _ in }
    let path = source.path
    #expect(unsafe mkdir("\(path)/folder", 0o700) == 0)
    source.write("empty", "")
    source.write("text", String(repeating: "no ledger\n", count: 2000))
    for (name, words) in [
      ("empty", "`\(path)/empty` is empty"),
      ("missing", "there is nothing at `\(path)/missing`"),
      ("folder", "`\(path)/folder` is a folder"),
      ("text", "`\(path)/text` is not a copy of a ledger"),
    ] {
      let target = "\(path)/target-\(name)"
      let result = run("restore", "\(path)/\(name)", "--data", target)
      #expect(result.code == .failure)
      #expect(
        result.errors
          == "postern: \(words)\nhint: give the file that `postern backup` made; "
          + "nothing was changed\n")
      #expect(!FileManager.default.fileExists(atPath: "\(target)/data.mdb"))
      #expect(!FileManager.default.fileExists(atPath: "\(target)/data.mdb.partial"))
    }
  }

  /// A ledger whose lock was removed is verified, while a daemon writes to it and after, and gets
  /// no other lock, which the daemon would not know of.
  @Test func verifyNeedsNoLock() throws {
    let daemon = try Daemon()
    let (socket, data) = (daemon.socketPath, "\(daemon.folder.path)/data")
    #expect(run("org", "create", "acme", "--admin", "alice", socket: socket).code == .success)
    #expect(unsafe unlink("\(data)/lock.mdb") == 0)
    for index in 0..<3 {
      invite("user-\(index)", daemon)
      let verified = run("verify", "--data", data)
      #expect(verified.code == .success, "\(verified)")
      #expect(!FileManager.default.fileExists(atPath: "\(data)/lock.mdb"))
    }
    #expect(try daemon.stop() == .exited(0))
    #expect(run("verify", "--data", data).code == .success)
    let next = try Daemon(folder: daemon.folder)
    invite("bob", next)
    #expect(run("verify", "--data", data).code == .success)
  }

  /// A row that was flipped in a copy is found and named, and a restore makes it anew.
  @Test func verifyNamesARowThatWasFlipped() throws {
    let (folder, copy) = try stopped { _ in }
    defer { withExtendedLifetime(folder) {} }
    let url = URL(fileURLWithPath: copy)
    var content = try Data(contentsOf: url)
    let row = Data([10, 0] + "acme\0alice".utf8)
    let place = try #require(content.range(of: row))
    content[place.upperBound] ^= 1
    try content.write(to: url)
    let verified = run("verify", "--file", copy)
    #expect(verified.code == .denied)
    #expect(
      verified.output.contains(
        "the ledger is broken: the row `acme/alice` of the table `users` doesn't have"),
      "\(verified.output)")
    let target = TemporaryFolder()
    #expect(run("restore", copy, "--data", target.path).code == .success)
    #expect(run("verify", "--data", target.path).code == .success)
  }
}
