internal import Glibc
internal import Platform
internal import TestSupport
internal import Testing
internal import postern

/// The completions, by the shells that are there.
@Suite struct CompletionTests {
  /// The words that bash offers after these, of which the last is incomplete.
  private func completions(_ words: [String]) throws -> Set<String> {
    let context = RecordedContext()
    #expect(Program.run(["completions", "bash"], in: context) == .success)
    let list = words.map { "'\($0)'" }.joined(separator: " ")
    let script =
      context.output + """

        COMP_WORDS=(\(list)); COMP_CWORD=\(words.count - 1)
        cd /; _postern || true; printf '%s\\n' "${COMPREPLY[@]}"

        """
    return Set(
      try Self.output(of: "bash --norc -eu", script).split(separator: "\n").map(String.init))
  }

  private static func output(of command: String, _ script: String) throws -> String {
    let folder = TemporaryFolder()
    // A name that the folder removes.
    let path = "\(folder.path)/lock"
    // SAFETY: the streams are closed in here, and buffers have the size that the calls are told.
    guard let file = unsafe fopen(path, "w") else { throw Errno.noSuchFile }
    _ = unsafe fputs(script, file)
    unsafe fclose(file)
    guard let pipe = unsafe popen("\(command) \(path) 2>&1", "r") else { throw Errno.noSuchFile }
    var bytes: [UInt8] = []
    var room = [UInt8](repeating: 0, count: 4096)
    while case let count = unsafe fread(&room, 1, room.count, pipe), count > 0 {
      bytes += room[..<count]
    }
    let status = unsafe pclose(pipe)
    #expect(status == 0)
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test func bashKnowsTheCommands() throws {
    #expect(try completions(["postern", "aud"]) == ["audit"])
    #expect(try completions(["postern", "token", "revoke"]) == ["revoke", "revoke-all"])
    #expect(try completions(["postern", "--output", "json", "team", "l"]) == ["list"])
    #expect(try completions(["postern", "token", "revoke-all", "--iss"]) == ["--issued-before"])
    #expect(
      try completions(["postern", "audit", "--kind", "team_m"])
        == ["team_member_added", "team_member_removed"])
    #expect(try completions(["postern", "token", "list", "--token-kind", ""]) == ["user", "org"])
    #expect(try completions(["postern", "audit", "--since", ""]) == [])
  }

  @Test func bashKnowsWhereFilesGo() throws {
    #expect(try completions(["postern", "policy", "check", "/et"]) == ["/etc"])
    #expect(try completions(["postern", "verify", "--data", "/et"]) == ["/etc"])
    #expect(try completions(["postern", "restore", "--da"]) == ["--data"])
    #expect(try completions(["postern", "token", "get", "/et"]) == [])
  }

  @Test(arguments: ["zsh", "fish"])
  func othersReadTheirs(shell: String) throws {
    guard unsafe access("/usr/bin/\(shell)", X_OK) == 0 else { return }
    let context = RecordedContext()
    #expect(Program.run(["completions", shell], in: context) == .success)
    #expect(try Self.output(of: "\(shell) -n", context.output) == "")
  }
}
