internal import Messages
internal import PosternClient

/// `postern fleet repair`.
enum FleetRepairCommand {
  static let repair = Command(
    words: ["fleet", "repair"],
    summary: "Shows what the fleet's database has lost, and gives it back.",
    optional: [.append, .rebuild, .cut, .yes],
    details: [
      "For operators, when `postern status` says FLEET_FORGOT, FLEET_FORKED, FLEET_DAMAGED or",
      "FLEET_REPAIRING. Without an option it changes nothing: it shows where the log of each host",
      "ends, and what to do next.",
      "",
      "--append is for the host with the longest log. It refuses while a host that was not heard",
      "since the loss may still answer, or have more. --rebuild is for a host whose changes are",
      "lost: it keeps them in a file for `postern fleet lost`, and the daemon begins anew.",
      "--cut removes what stands at a revision, if no host can apply it, with all behind it; it",
      "keeps the rows in a file of the data folder.",
      "",
      "The daemon's role must be the owner of the schema for --append and --cut.",
    ],
    examples: [
      "postern fleet repair", "postern fleet repair --append",
      "postern fleet repair --cut 4711 --yes",
    ],
    body: .own(run))

  private static func run(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let chosen = [CommandOption.append, .rebuild, .cut].filter { invocation.has($0) }
    guard chosen.count <= 1 else {
      throw .misuse("give one of `--append`, `--rebuild` and `--cut`")
    }
    switch chosen.first?.name {
    case CommandOption.append.name: try appendMissing(invocation)
    case CommandOption.rebuild.name: try rebuild(invocation)
    case CommandOption.cut.name: try cut(invocation)
    default: try show(invocation)
    }
    return .success
  }

  private static func show(_ invocation: Invocation) throws(Failure) {
    let client = try invocation.connect(waits: true)
    let reply = try invocation.call(PosternClient.getRepair, over: client)
    try invocation.answer(reply.message) {
      text($0.fields, DisplayStyle(invocation, isShort: true))
    }
  }

  private static func appendMissing(_ invocation: Invocation) throws(Failure) {
    let client = try invocation.connect(waits: true)
    let reply = try invocation.call(PosternClient.appendMissing, over: client)
    try invocation.answer(reply.message) { answer in
      let count = CountText.of(answer.appendedCount, "change")
      return answer.appendedCount == 0
        ? "nothing was missing (term \(answer.term))"
        : "\(count) appended: the fleet goes on in term \(answer.term)"
    }
  }

  private static func rebuild(_ invocation: Invocation) throws(Failure) {
    try invocation.confirm(
      "this gives up all changes of this host that the fleet's database has not, but for a file")
    let client = try invocation.connect(waits: true)
    let reply = try invocation.call(PosternClient.rebuildMember, over: client)
    try invocation.answer(reply.message) { answer in
      let lost = CountText.of(answer.lostCount, "change")
      return "\(lost) from revision \(answer.firstLostRevision) on kept in "
        + "\(DisplayText(answer.file)); the daemon ends, and begins anew when it is started: "
        + "then run `postern fleet lost`"
    }
  }

  private static func cut(_ invocation: Invocation) throws(Failure) {
    let fields = try invocation.boundFields()
    try invocation.confirm(
      "this removes revision \(invocation.value(.cut)) and all behind it from the fleet's log")
    let client = try invocation.connect(waits: true)
    let reply = try invocation.call(PosternClient.cutLog, over: client, fields)
    try invocation.answer(reply.message) { answer in
      let removed = CountText.of(answer.removedCount, "change")
      return "\(removed) removed, kept in \(DisplayText(answer.file)): the "
        + "fleet goes on in term \(answer.term)"
    }
  }

  private static func text(_ answer: AnyMessage, _ style: DisplayStyle) -> String {
    var table = TextTable(columns.map(\.title))
    Column.add(columns, ofEach: "members", in: answer, to: &table, style)
    let hash = shortHash(answer["database_hash"])
    let end =
      "the database ends at revision \(style.text(answer["database_revision"]))"
      + (hash.isEmpty ? "" : ", hash \(hash)") + ", term \(style.text(answer["term"]))"
    return table.text + "\n" + end + "\n" + style.text(answer["advice"])
  }

  private static let columns = [
    Column("INSTANCE", "instance"), Column("HOST", "host"), Column("REVISION", "head_revision"),
    Column("HASH") { member, _ in shortHash(member["head_hash"]) },
    Column("TERM") { member, style in
      let term = style.text(member["term"])
      return term == "0" ? "-" : term
    },
    Column("STATE") { member, style in
      let trouble = style.text(member["trouble"])
      let state = trouble.isEmpty ? "renews" : trouble
      guard member["heard"] != .boolean(true) else { return state }
      return "not heard for \(style.text(member["heard_age"]))"
    },
    Column("") { member, _ in member["answers_this_call"] == .boolean(true) ? "this host" : "" },
  ]

  /// The first digits of a hash: enough to tell two apart.
  private static func shortHash(_ value: FieldValue) -> String {
    guard case .bytes(let bytes) = value else { return "" }
    return HexText.text(Array(bytes.prefix(6)))
  }
}
