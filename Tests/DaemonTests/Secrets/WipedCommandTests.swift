internal import Glibc
internal import TestSupport
internal import Testing

/// What the command line was given or has printed is not in its memory once it is done with it. The
/// program is kept from ending, as `postern watch` and `postern top` keep themselves.
@Suite(.enabled(if: ProcessMemory.isMeaningful, "a sanitizer keeps what was freed"))
struct WipedCommandTests {
  private let world: World
  private let trail = SecretTrail()

  init() throws { world = try World() }

  /// Runs a command until its end, which never comes; `input` is the file on standard input.
  private func run(
    _ words: [String], input: String = "/dev/null", until sign: String
  ) throws -> ChildProcess {
    // Not this shell's variables: they would be those of the command.
    let process = try ChildProcess(
      "/bin/bash",
      ["-c", "exec \"$0\" \"${@:2}\" <\"$1\"", Daemon.program("postern"), input] + words,
      environment: [
        "POSTERN_SOCKET": world.daemon.socketPath, "POSTERN_FAILPOINT": "hang-exit:1",
      ])
    try process.waitForOutput(sign)
    // The last line may be written and not all of it be wiped.
    usleep(200_000)
    return process
  }

  @Test(arguments: ["text", "json"]) func nothingIsLeftOfAnIssuedToken(format: String) throws {
    let process = try run(
      ["token", "issue", "--org", "acme", "--user", "alice", "--output", format],
      until: format == "text" ? "shown this once" : "\"revision\"")
    let output = process.wholeOutput()
    let start = try #require(output.firstRange(of: "pst_u_")).lowerBound
    trail.note(String(output[start...].prefix(61)), "issued")
    try #require(trail.count == 1)
    try trail.expectNothing(in: process)
  }

  @Test(arguments: [
    (["token", "validate", "-"], "organization"), (["check", "team.create", "-"], "allowed"),
    (["token", "revoke", "-"], "not good any more"), (["scan"], "user token"),
    (["check", "--batch", "-"], "allowed"),
  ])
  func nothingIsLeftOfInput(words: [String], sign: String) throws {
    let secret = try SecretIssuer(world.daemon, trail).issue("on standard input")
    let text =
      words.contains("--batch")
      ? "{\"action\": \"team.create\", \"token_secret\": \"\(secret)\"}\n" : "\(secret)\n"
    let process = try run(words, input: world.daemon.folder.write("input", text), until: sign)
    try trail.expectNothing(in: process)
  }

  /// The search finds a secret where there is one.
  @Test func aSecretInTheEnvironmentIsFound() throws {
    let secret = try SecretIssuer(world.daemon, trail).issue("in the environment")
    let process = try ChildProcess(
      Daemon.program("postern"), ["status"],
      environment: [
        "POSTERN_SOCKET": world.daemon.socketPath, "POSTERN_FAILPOINT": "hang-exit:1",
        "POSTERN_TOKEN": secret,
      ])
    try process.waitForOutput("revision")
    #expect(try !trail.remains(in: ProcessMemory.contents(of: process)).isEmpty)
  }
}
