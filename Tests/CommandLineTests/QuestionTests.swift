internal import Testing
internal import postern

/// `postern check --batch`, `explain` and `actions`, as far as they need no daemon.
@Suite struct QuestionTests {
  private func run(_ line: String, input: String = "") -> (code: ExitCode, errors: String) {
    let context = RecordedContext()
    context.input = input
    let code = Program.run(line.split(separator: " ").map(String.init), in: context)
    return (code, context.errors)
  }

  @Test(arguments: [
    ("explain", "`ACTION` is missing"), ("explain - -", "`ACTION` is missing"),
    ("explain a.b c/d e", "one argument too many"), ("actions", "`TYPE[/ID]` is missing"),
    ("actions a/b c", "one argument too many"), ("actions a/b --user bob", "go together"),
    ("explain a.b --org acme --user bob -", "a token or `--user`, not both"),
    ("check", "`ACTION` is missing"), ("check a.b --batch -", "the questions are in the batch"),
    ("check - --batch -", "both the token and the batch"),
    ("check --batch - --token-stdin", "both the token and the batch"),
    ("check --batch - --target-user bob", "each names its own"),
    ("check --batch - --org acme", "go together"), ("check --batch -", "has no question"),
  ])
  func misuse(line: String, says: String) {
    let result = run(line)
    #expect(result.code == .misuse)
    #expect(result.errors.contains(says), "\(result.errors)")
  }

  @Test func readsTheBatchBeforeItAsks() {
    let good = #"{"action":"dashboard.create"}"# + "\n"
    let bad = run("check --batch -", input: good + "\n" + #"{"action":"a","x":1}"#)
    #expect(bad.code == .misuse)
    #expect(bad.errors.contains("line 3, character 15: `x` is not a field"), "\(bad.errors)")
    let many = run("check --batch -", input: String(repeating: good, count: 1001))
    #expect(many.code == .misuse)
    #expect(many.errors.contains("at most 1000 questions"))
    // With as many as may be, it goes on to the daemon that isn't there.
    let most = run("check --batch - --socket /nowhere", input: String(repeating: good, count: 1000))
    #expect(most.code == .failure)
  }
}
