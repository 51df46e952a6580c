internal import Platform
internal import Testing
internal import postern

/// Command lines that need no daemon: help, misuse, and how the socket is found.
@Suite struct ProgramTests {
  private func run(
    _ line: String, _ prepare: (RecordedContext) -> Void = { _ in }
  ) -> (code: ExitCode, output: String, errors: String) {
    let context = RecordedContext()
    prepare(context)
    let words = line.split(separator: " ").map(String.init)
    let code = Program.run(words, in: context)
    return (code, context.output, context.errors)
  }

  @Test(arguments: [
    ("", "a command is missing"),
    ("tokn issue", "did you mean `token`?"),
    ("token isseu", "did you mean `issue`?"),
    ("token", "needs one of: issue, validate, revoke, revoke-all, get, list; `postern help token`"),
    ("token issue --org acme", "`--user USER` is missing"),
    ("token issue --org acme --user", "`--user` needs a value"),
    ("token issue --org --user alice", "`--org` needs a value"),
    ("token issue --org= --user alice", "`--org` needs a value"),
    ("token issue --org a --org b --user c", "`--org` is given twice"),
    ("token issue --org a --user b --ttl soon", "`--ttl soon` is not a length of time"),
    ("token issue --org a --user b --ttl 0s", "`--ttl 0s` is not a length of time"),
    ("token issue --orgg a", "did you mean `--org`?"),
    ("token get", "`ID` is missing"),
    ("token get one two", "`two` is one argument too many"),
    ("token validate secret", "write `-`"),
    ("status --org acme", "takes no `--org`"),
    ("status --output xml", "`--output` is `text` or `json`"),
    ("status --help=yes", "takes no value"),
    ("writer set dashboard/a --org acme", "exactly one of `--user USER` and `--team TEAM`"),
    ("writer set dashboard/a --org acme --user a --team b", "exactly one of"),
    ("resource get dashboard --org acme", "write TYPE/ID"),
    ("org-token create agents --org acme --scope ingest,all", "`all` is not a scope"),
    ("org-token update ci --org acme", "give what to change: `--rename`, `--scope`"),
    ("org-token update ci --org acme --enable --disable", "exclude each other"),
    ("org-token update ci --org acme --ttl 7d --no-expiry", "exclude each other"),
    ("org-token update ci --org acme --scope all", "`all` is not a scope"),
    ("org-token rotate ci --org acme --grace soon", "`--grace soon` is not a length of time"),
    ("org-token rotate --org acme", "`NAME|ID` is missing"),
    ("org-token list --org acme --state good", "`good` is not a state"),
    ("token list --org acme --expiring-within x", "`--expiring-within x` is not a length of time"),
    ("token list --org acme --unused-since x", "`--unused-since x` is not a length of time"),
    ("usage", "`--org ORG` is missing"),
    ("usage --org acme --since yesterday", "`--since yesterday` is not a time"),
    ("team update ops --org acme", "`--name NAME` is missing"),
    ("check a.b --user alice", "go together"),
    ("check a.b --org acme", "go together"),
    ("check a.b - --user alice --org acme", "not both"),
    ("check a.b --token-stdin --user alice --org acme", "not both"),
    ("check -", "`ACTION` is missing"),
    ("check a.b c d", "one argument too many"),
    ("completions ksh", "there are no completions for `ksh`"),
    ("user add bob --org acme", "did you mean `invite`?"),
    ("user delete bob --org acme", "did you mean `remove`?"),
    ("token create --org acme", "did you mean `issue`?"),
    ("org ls", "did you mean `list`?"),
    ("user invite --org acme", "`USER` is missing"),
    ("user invite a b --org acme --name Ann", "`--name` is for one user alone"),
    ("audit --kind tokn_issued", "did you mean `token_issued`?"),
    ("audit --kind token,x", "`x` is not a kind of change"),
    ("audit --user bob", "`--user` needs `--org`"),
    ("audit --since tomorrow", "`--since tomorrow` is not a time"),
    ("audit --limit 0", "`--limit 0` is not a number of at least 1"),
    ("watch --from-revision x", "`--from-revision x` is not a number"),
    ("watch --user bob", "`watch` takes no `--user`"),
    ("token revoke-all --yes", "give `--org`, `--issued-before` or both"),
    ("token revoke-all --issued-before 1d --user a", "`--user` needs `--org`"),
    ("token revoke-all --issued-before 1d", "of every organization, issued before"),
    ("token list --org acme --token-kind all", "`all` is not a kind of token"),
    ("org delete acme", "confirm it by `--yes`"),
    ("help nothing", "there is no command `nothing`"),
  ])
  func misuse(line: String, says: String) {
    let result = run(line)
    #expect(result.code == .misuse)
    #expect(result.output == "")
    #expect(result.errors.contains(says), "\(result.errors)")
    #expect(result.errors.contains("usage: postern"))
  }

  @Test(arguments: [
    "token validate pst_u_0123456789", "token get pst_x", "--socket=pst_o_a status",
    "token revoke xpst_u_a", "pst_u_a --help", "token issue --description=pst_ --org a --user b",
  ])
  func tokenAmongArgumentsIsRefusedAndNotRepeated(line: String) {
    let result = run(line)
    #expect(result.code == .misuse)
    #expect(result.errors.contains("standard input"))
    #expect(!result.errors.contains("pst_"))
    #expect(result.output == "")
  }

  @Test(arguments: [
    "token validate -", "token validate", "token revoke -", "check a.b", "check a.b -",
  ])
  func missingTokenIsMisuse(line: String) {
    let result = run(line) { $0.input = " \n" }
    #expect(result.code == .misuse)
    #expect(result.errors.contains("there is no token on standard input"))
  }

  @Test func helpIsAnAnswer() {
    for line in ["help", "--help", "-h", "help token", "token --help", "token issue -h"] {
      let result = run(line)
      #expect(result.code == .success)
      #expect(result.output.contains("Usage: postern"))
      #expect(result.errors == "")
    }
  }

  @Test func versionInBothFormats() {
    #expect(run("version").output == "postern \(Release.version)\n")
    #expect(run("--version").output == "postern \(Release.version)\n")
    #expect(run("--output json version").output == "{\"version\":\"\(Release.version)\"}\n")
  }

  @Test func everyCommandHasHelpAndCompletions() {
    let overview = run("help").output
    for shell in ["bash", "zsh", "fish"] {
      let script = run("completions \(shell)").output
      for command in CommandTable.all {
        let title = command.words.joined(separator: " ")
        #expect(overview.contains("  \(title) "))
        #expect(run("\(title) --help").output.hasPrefix("Usage: \(command.usage)\n"))
        #expect(!command.examples.isEmpty, "\(title)")
        #expect(command.examples.allSatisfy { $0.contains("postern") || shell != "bash" })
        #expect(command.words.allSatisfy(script.contains))
        #expect(command.options.allSatisfy { script.contains($0.name.dropFirst(2)) })
      }
    }
  }

  @Test func showAndGetAreTheSame() {
    #expect(run("help team show").output == run("help team get").output)
    #expect(run("org-token get --help").output.hasPrefix("Usage: postern org-token show "))
    #expect(run("resource show --org acme").errors.contains("`TYPE/ID` is missing"))
  }

  @Test func aPersonIsAsked() {
    let result = run("org delete acme") { $0.confirmation = false }
    #expect(result.code == .failure)
    #expect(result.errors.contains("nothing was done"))
  }

  @Test func anOptionTakesAValueEverywhereOrNowhere() {
    for option in CommandTable.all.flatMap(\.options) {
      let known = CommandTable.options.first { $0.name == option.name }
      #expect(known?.value == option.value)
    }
  }
}
