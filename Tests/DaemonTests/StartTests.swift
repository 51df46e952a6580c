internal import Glibc
internal import PosternClient
internal import TestSupport
internal import Testing

/// Started with any arguments and descriptors, the daemon does what is asked, or nothing.
@Suite struct StartTests {
  /// Runs words of the shell, in which `$0` is the daemon.
  private func shell(_ script: String, _ words: [String] = []) throws -> ChildProcess {
    try ChildProcess("/bin/bash", ["-c", script, Daemon.program("posternd")] + words)
  }

  @Test func aPreloadedLibraryTakesNoArgumentsAway() throws {
    let folder = TemporaryFolder()
    let library = "\(folder.path)/agent.so"
    let source = """
      #include <stdlib.h>
      __attribute__((constructor)) static void start(void) { setenv("AGENT", "loaded", 1); }
      """
    let script = "clang -shared -fPIC -x c -o \"$0\" - <<<\"$1\""
    let compiler = try ChildProcess(
      "/bin/bash", ["-c", script, library, source],
      environment: ["PATH": unsafe getenv("PATH").map { unsafe String(cString: $0) } ?? "/usr/bin"])
    #expect(try compiler.wait() == .exited(0), "\(compiler.wholeOutput())")
    for program in ["posternd", "postern"] {
      let process = try ChildProcess(
        Daemon.program(program), ["--version"], environment: ["LD_PRELOAD": library])
      #expect(try process.wait() == .exited(0))
      #expect(process.wholeOutput().hasPrefix("\(program) 0"))
    }
  }

  @Test func nothingStartsWithoutAName() throws {
    let process = try shell("exec -a '' \"$0\"")
    #expect(try process.wait() == .exited(1))
    #expect(process.says("without any argument"))
  }

  @Test func closedStreamsAreNoFilesOfTheDaemon() throws {
    let folder = TemporaryFolder()
    let process = try shell(
      "exec \"$0\" --socket \"$1/socket\" --data \"$1/data\" --log-level debug 0<&- 1>&- 2>&-",
      [folder.path])
    var client: PosternClient?
    for _ in 0..<3000 where client == nil {
      client = try? PosternClient(socketPath: "\(folder.path)/socket")
      if client == nil { usleep(10_000) }
    }
    #expect(try client?.revision() == 0)
    client = nil
    process.signal(SIGTERM)
    #expect(try process.wait() == .exited(0))
    #expect(try text(of: "\(folder.path)/data/lock") == "\(process.processID)\n")
    #expect(try text(of: "\(folder.path)/socket.lock") == "\(process.processID)\n")
  }

  @Test func anAnswerThatCannotBeWrittenIsAnError() throws {
    for words in ["--version >/dev/full", "--version >&-", "--help >/dev/full", "--help >&-"] {
      let process = try shell("exec \"$0\" \(words)")
      #expect(try process.wait() == .exited(3))
      #expect(process.says("can't write to standard output"))
    }
  }

  /// The open of a pipe without a writer would otherwise wait, and SIGTERM would not end that.
  @Test(arguments: ["--config", "--policy"])
  func otherThanAFileIsRefusedAtOnce(flag: String) throws {
    let folder = TemporaryFolder()
    let pipe = folder.path("pipe")
    #expect(unsafe mkfifo(pipe, 0o600) == 0)
    for (path, kind) in [(pipe, "a pipe"), ("/dev/zero", "a device"), (folder.path, "a folder")] {
      let process = try Daemon.start([flag, path], in: folder)
      #expect(try process.wait() == .exited(1))
      let output = process.wholeOutput()
      #expect(output.contains("`\(path)`") && output.contains("it is \(kind), not"), "\(output)")
    }
  }

  /// A ledger's file that is a pipe would be opened and waited for.
  @Test(arguments: ["data.mdb", "lock.mdb", "lock", "host"])
  func otherThanAFileInTheDataFolderIsNamed(name: String) throws {
    let folder = TemporaryFolder()
    do { #expect(try Daemon(folder: folder).stop() == .exited(0)) }
    for kind in ["a pipe", "a folder"] {
      let path = folder.path("data/\(name)")
      #expect(unsafe rename(path, folder.path("aside")) == 0)
      #expect((unsafe kind == "a pipe" ? mkfifo(path, 0o600) : mkdir(path, 0o700)) == 0)
      let process = try Daemon.start([], in: folder)
      #expect(try process.wait() == .exited(1))
      let output = process.wholeOutput()
      #expect(output.contains("`\(path)`"), "\(output)")
      #expect(output.lowercased().contains(kind == "a pipe" ? "pipe" : "folder"), "\(output)")
      #expect((unsafe kind == "a pipe" ? unlink(path) : rmdir(path)) == 0)
      #expect(unsafe rename(folder.path("aside"), path) == 0)
    }
    #expect(try Daemon(folder: folder).stop() == .exited(0))
  }

  private func text(of path: String) throws -> String {
    let process = try ChildProcess("/bin/cat", [path])
    _ = try process.wait()
    return process.wholeOutput()
  }
}
