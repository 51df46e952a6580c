internal import JSON5
internal import Messages
internal import Permissions
internal import PosternClient

/// `postern policy ...`. Only `reload` needs a daemon.
enum PolicyCommands {
  static let all = [check, show, test, reload]

  private static let file = Operand(
    name: "FILE", summary: "A policy file, JSON5.", isPath: true)

  private static let check = Command(
    words: ["policy", "check"],
    summary: "Checks a policy file, and names each mistake with its place.",
    operands: [file], details: ["Warnings are about rules that are legal but probably not meant."],
    examples: ["postern policy check /etc/postern/policy.json5"], answersYesOrNo: true,
    body: .own(runCheck))

  private static let show = Command(
    words: ["policy", "show"], summary: "Prints who may do what, by API.",
    operands: [
      Operand(
        name: "FILE", summary: "A policy file (default: the built-in policy).", isOptional: true,
        isPath: true)
    ],
    details: ["Operators may do everything but send data; the table doesn't repeat that."],
    examples: ["postern policy show", "postern policy show /etc/postern/policy.json5"],
    body: .own(runShow))

  private static let test = Command(
    words: ["policy", "test"], summary: "Compares a policy with a file of expected decisions.",
    operands: [Operand(name: "FILE", summary: "The cases, JSON5.", isPath: true)],
    optional: [.policy],
    details: [
      "A case is an action, a subject (user, org_token or process), the relations that it holds,",
      "and whether it is allowed:",
      "  { cases: [{ action: \"dashboard.update\", holds: [\"writer\"], allowed: true }] }",
      "`organization` names an organization with rules of its own. `in_organization: false` says",
      "that the subject is of another organization.",
    ],
    examples: ["postern policy test cases.json5 --policy policy.json5"], answersYesOrNo: true,
    body: .own(runTest))

  private static let reload = Command(
    words: ["policy", "reload"], summary: "Makes the daemon read its policy file again.",
    optional: [.dryRun], details: ["SIGHUP does the same. A broken file changes nothing."],
    examples: ["postern policy reload --dry-run && postern policy reload"],
    body: .own(changes: true, runReload))

  private static func runCheck(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let path = invocation.operand(0)
    let text = try text(of: path, maximumBytes: PolicyFile.maximumBytes, invocation)
    var (problems, warnings): ([JSON5Error], [JSON5Error]) = ([], [])
    do throws(PolicyFileError) {
      warnings = try PolicyFile(text).warnings
    } catch {
      problems = error.problems
    }
    let (wrong, doubtful) = (
      PolicyFindings(path: path, findings: problems), PolicyFindings(path: path, findings: warnings)
    )
    if invocation.output == .json {
      var object = JSONObject()
      object.add("valid", "\(problems.isEmpty)")
      object.add("problems", wrong.jsonText)
      object.add("warnings", doubtful.jsonText)
      try invocation.print(object.text)
    } else {
      let lines = wrong.lines() + doubtful.lines("warning: ")
      let verdict = problems.isEmpty ? ["\(DisplayText(path)) is a policy"] : []
      try invocation.print((lines + verdict).joined(separator: "\n"))
    }
    return problems.isEmpty ? .success : .denied
  }

  private static func runShow(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let table = PolicyTable(try policy(invocation.operands.first, invocation))
    try invocation.print(invocation.output == .json ? table.jsonText : table.text)
    return .success
  }

  private static func runTest(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let path = invocation.operand(0)
    let policy = try policy(invocation.optional(.policy), invocation)
    let text = try text(of: path, maximumBytes: PolicyCases.maximumBytes, invocation)
    let cases: PolicyCases
    do throws(PolicyFileError) { cases = try PolicyCases(text, for: policy) } catch {
      throw trouble(path, error)
    }
    let failures = PolicyFindings(
      path: path,
      findings: cases.cases.compactMap { each in
        each.failure(of: policy).map { JSON5Error(each.place, $0) }
      })
    let untested = cases.untested(of: policy)
    if invocation.output == .json {
      var object = JSONObject()
      object.add("caseCount", "\(cases.cases.count)")
      object.add("failures", failures.jsonText)
      object.add(
        "untestedActions", "[" + untested.map(JSONObject.quoted).joined(separator: ",") + "]")
      try invocation.print(object.text)
    } else {
      let count = failures.findings.count
      let all = CountText.of(cases.cases.count, "case")
      let verdict = "\(all), \(count == 0 ? "all" : "\(count) not") as expected"
      try invocation.print((failures.lines() + [verdict]).joined(separator: "\n"))
      if !untested.isEmpty {
        invocation.remark("no case tests: " + untested.joined(separator: ", "))
      }
    }
    return failures.findings.isEmpty ? .success : .denied
  }

  private static func runReload(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let reply = try invocation.call(
      PosternClient.reloadPolicy, try invocation.boundFields())
    let message = reply.message
    for index in 0..<message.warningsCount {
      invocation.remark("warning: \(DisplayText(message.warnings(at: index)))")
    }
    try invocation.answer(message) { answer in
      invocation.has(.dryRun)
        ? "the policy file is valid: \(answer.actionCount) actions"
        : "the policy is in force: \(answer.actionCount) actions (revision \(answer.revision))"
    }
    return .success
  }

  private static func policy(
    _ path: String?, _ invocation: Invocation
  ) throws(Failure) -> Policy {
    guard let path else { return .builtIn }
    let text = try text(of: path, maximumBytes: PolicyFile.maximumBytes, invocation)
    do throws(PolicyFileError) { return try PolicyFile(text).policy } catch {
      throw trouble(path, error)
    }
  }

  private static func text(
    of path: String, maximumBytes limit: Int, _ invocation: Invocation
  ) throws(Failure) -> String {
    let bytes = try invocation.context.readFile(path, maximumBytes: limit)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .trouble("`\(DisplayText(path))` is not UTF-8", advice: "write it as UTF-8")
    }
    return text
  }

  private static func trouble(_ path: String, _ error: PolicyFileError) -> Failure {
    .trouble(
      PolicyFindings(path: path, findings: error.problems).lines().joined(separator: "\n"),
      advice: "`postern help policy` shows the commands that say more")
  }
}
