internal import Testing
internal import postern

/// Which socket is tried; nothing listens at any of them.
@Suite struct SocketPathTests {
  private func errors(
    words: [String] = [], _ prepare: (RecordedContext) -> Void
  ) -> String {
    let context = RecordedContext()
    prepare(context)
    #expect(Program.run(words + ["status"], in: context) == .failure)
    #expect(context.output == "")
    return context.errors
  }

  @Test func optionBeforeVariableBeforeDefault() {
    let folder = { (context: RecordedContext) in
      context.variables["XDG_RUNTIME_DIR"] = "/nowhere/runtime"
    }
    let variable = { (context: RecordedContext) in
      folder(context)
      context.variables["POSTERN_SOCKET"] = "/nowhere/variable"
    }
    #expect(errors(words: ["--socket", "/nowhere/option"], variable).contains("`/nowhere/option`"))
    #expect(errors(variable).contains("`/nowhere/variable`"))
    #expect(errors(folder).contains("`/nowhere/runtime/postern/postern.sock`"))
    #expect(errors { _ in }.contains("XDG_RUNTIME_DIR is not set"))
  }

  @Test func saysWhichUsersMayUseTheSocket() {
    let group = errors(words: ["--socket", "/nowhere/x"]) {
      $0.socketOwner = SocketOwner(user: "root", group: "postern")
    }
    #expect(group.contains("`usermod --append --groups postern USER`"))
    let user = errors(words: ["--socket", "/nowhere/x"]) {
      $0.socketOwner = SocketOwner(user: "carl", group: nil)
    }
    #expect(user.contains("only the user `carl` may use it"))
    #expect(errors(words: ["--socket", "/nowhere/x"]) { _ in }.contains("start the daemon"))
  }

  @Test func localSocketIsNamedButNotUsed() {
    let message = errors {
      $0.variables["XDG_RUNTIME_DIR"] = "/nowhere"
      $0.paths = [".postern/postern.sock"]
    }
    #expect(message.contains("`/nowhere/postern/postern.sock`"))
    #expect(message.contains("use `--socket .postern/postern.sock`"))
    let told = errors(words: ["--socket", "/nowhere/x"]) { $0.paths = [".postern/postern.sock"] }
    #expect(!told.contains(".postern"))
  }
}
