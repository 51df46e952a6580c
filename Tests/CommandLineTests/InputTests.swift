internal import Glibc
internal import TestSupport
internal import Testing

/// Files that commands read: what is no file, or a pipe without a writer, is an error and no wait.
@Suite struct InputTests {
  private let folder = TemporaryFolder()

  private func run(_ arguments: [String]) throws -> (ending: Ending, output: String) {
    let process = try ChildProcess(Daemon.program("postern"), arguments)
    return (try process.wait(), process.wholeOutput())
  }

  @Test(arguments: [["policy", "check"], ["policy", "test"], ["check", "--batch"]])
  func neverWait(command: [String]) throws {
    let pipe = folder.path("pipe")
    #expect(unsafe mkfifo(pipe, 0o600) == 0)
    for (path, says) in [
      (pipe, "it is a pipe that no process writes to"),
      (folder.path, "it is a folder, not a regular file"),
    ] {
      let result = try run(command + [path])
      #expect(result.ending == .exited(3), "\(result)")
      #expect(result.output.contains(says), "\(result.output)")
    }
  }

  @Test func takeWhatAnotherCommandWrites() throws {
    let process = try ChildProcess(
      "/bin/bash",
      ["-c", "\"$0\" policy check <(sleep 0.1; echo '{}')", Daemon.program("postern")])
    #expect(try process.wait() == .exited(0))
    #expect(process.wholeOutput().hasSuffix("is a policy\n"), "\(process.wholeOutput())")
  }
}
