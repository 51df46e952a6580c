internal import Messages
internal import PosternClient

/// `postern explain`.
enum ExplainCommand {
  static let explain = Command(
    words: ["explain"], summary: "Says why a check allows or denies, and what would change that.",
    operands: [
      AskedQuestion.actionOperand, AskedQuestion.resourceOperand, AskedQuestion.tokenOperand,
    ],
    optional: AskedQuestion.options,
    details: AskedQuestion.details + [
      "After a deny it lists the smallest grants that would allow the action; after an allow, the",
      "revocations each of which would deny it.",
    ],
    examples: [
      "postern explain dashboard.update dashboard/latency --org acme --user bob",
      "postern explain datapoint.ingest - <<< \"$TOKEN\"",
    ],
    answersYesOrNo: true,
    body: .ask(
      PosternClient.explain, prepare: AskedQuestion.prepare, yes: { $0.allowed }
    ) { answer, _ in
      describe(answer)
    })

  private static func describe(_ answer: PosternV1.ExplainResponse) -> String {
    var lines = [
      CheckCommand.verdict(answer.allowed, message: answer.message, rule: answer.rule)
    ]
    var relations = TextTable()
    for index in 0..<answer.relationsCount {
      let relation = answer.relations(at: index)
      relations.add([
        relation.holds ? "  holds" : "  lacks", DisplayText(relation.relation).description,
        DisplayText(relation.message).description,
      ])
    }
    if !relations.isEmpty { lines.append(relations.text) }
    let ways = ways(answer)
    if !ways.isEmpty { lines += ["any of these would allow it:"] + ways.map { "  \($0)" } }
    if answer.revocationsCount > 0 { lines.append("any of these would deny it:") }
    for index in 0..<answer.revocationsCount {
      let revocation = answer.revocations(at: index)
      lines.append(line(revocation.message, revocation.method, indent: "  "))
    }
    return lines.joined(separator: "\n")
  }

  /// The grants; those that belong together share a line.
  private static func ways(_ answer: PosternV1.ExplainResponse) -> [String] {
    var ways: [String] = []
    var group: UInt32 = 0
    for index in 0..<answer.grantsCount {
      let grant = answer.grants(at: index)
      let text = line(grant.message, grant.method)
      if grant.group == group, let last = ways.popLast() {
        ways.append("\(last), and \(text)")
      } else {
        ways.append(text)
      }
      group = grant.group
    }
    return ways
  }

  private static func line(
    _ message: Span<UInt8>, _ method: Span<UInt8>, indent: String = ""
  ) -> String {
    let name = DisplayText(method).description.split(separator: ".").last ?? ""
    return "\(indent)\(DisplayText(message)) (\(DisplayText(String(name))))"
  }
}
