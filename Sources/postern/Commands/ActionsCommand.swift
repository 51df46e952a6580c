internal import Messages
internal import PosternClient

/// `postern actions`.
enum ActionsCommand {
  static let actions = Command(
    words: ["actions"], summary: "Lists what a token's bearer, or a user, may do to a resource.",
    operands: [
      Operand(
        name: "TYPE[/ID]", summary: "The resource; a type alone names none in particular.",
        fills: .typeOrResource("resource.")),
      AskedQuestion.tokenOperand,
    ],
    optional: AskedQuestion.options,
    details: AskedQuestion.details + ["Exit code 1 says that no action is allowed."],
    examples: ["postern actions dashboard/latency --org acme --user bob"],
    answersYesOrNo: true,
    body: .ask(
      PosternClient.listActions, prepare: AskedQuestion.prepare, yes: { $0.actionsCount > 0 }
    ) { answer, call in
      guard answer.actionsCount > 0 else { return "no action is allowed" }
      var table = TextTable(["ACTION", "BY"])
      let columns = [Column("ACTION", "action"), Column("BY", "rule")]
      Column.add(columns, ofEach: "actions", in: answer.fields, to: &table, call.style)
      return table.text
    })
}
