internal import Messages
internal import RPC
internal import TestSupport
internal import Testing
internal import postern

/// POSTERN_TOKEN: it names a token or the command doesn't run, and never as the process instead.
@Suite struct BearerVariableTests {
  private func run(_ daemon: ScriptedDaemon, token: String?) -> (code: ExitCode, errors: String) {
    let context = RecordedContext()
    context.variables["POSTERN_SOCKET"] = daemon.path
    context.variables["POSTERN_TOKEN"] = token
    let code = Program.run(["user", "list", "--org", "acme"], in: context)
    return (code, context.errors)
  }

  @Test(arguments: ["", " ", "\n", "\r\n", "\t \n", "\u{feff}", " \u{feff}\n"])
  func setToNothingIsMisuse(token: String) throws {
    let daemon = try ScriptedDaemon([])
    let result = run(daemon, token: token)
    #expect(result.code == .misuse)
    #expect(result.errors.contains("POSTERN_TOKEN is set but holds no token"))
    #expect(daemon.calls.isEmpty)
  }

  @Test(arguments: [
    "pst_u_x", "pst_u_x\n", "\u{a0}pst_u_x\u{a0}\u{200b}", " pst_u_x\r\n", "\u{feff}pst_u_x",
    "\n\u{feff} pst_u_x\t\u{feff}\n",
  ])
  func isTrimmedAsOnStandardInput(token: String) throws {
    let daemon = try ScriptedDaemon([.fail(.unavailable, "x")])
    _ = run(daemon, token: token)
    #expect(daemon.calls.first?.contains("bearer=pst_u_x timeout") == true, "\(daemon.calls)")
    let secret = try #require(Secret(Array(token.utf8)))
    #expect(String(decoding: Array(copying: secret.bytes), as: UTF8.self) == "pst_u_x")
  }

  @Test func unsetMeansTheProcess() throws {
    let daemon = try ScriptedDaemon([.fail(.unavailable, "x")])
    _ = run(daemon, token: nil)
    #expect(daemon.calls.first?.contains("bearer= timeout") == true, "\(daemon.calls)")
  }
}
