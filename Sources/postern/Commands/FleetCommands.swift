internal import Messages
internal import PosternClient

/// `postern fleet ...`.
enum FleetCommands {
  static let all = [begin, status, list, forget, FleetRepairCommand.repair, FleetLostCommand.lost]

  private static let begin = Command(
    words: ["fleet", "init"], summary: "Begins a fleet in the database with this host's log.",
    optional: [
      CommandOption(
        name: "--lease", value: "DURATION",
        summary: "How long an answer of any host may be out of date (default 180s).",
        fills: .duration("lease"))
    ],
    details: [
      "The daemon must run with --fleet, as a role that may make the schema. The log of this host",
      "is uploaded; then hosts with an empty ledger, or with a copy of this one, can join. Prints",
      "the statements that let other roles in. After an interruption, repeat it. Only an operator",
      "may begin a fleet.",
    ],
    examples: ["postern fleet init > grants.sql", "postern fleet init --lease 60s"],
    leavesSomething: true,
    body: .ask(PosternClient.initializeFleet, prepare: connectToWait) { answer, call in
      call.invocation.remark(
        "the fleet \(DisplayText(answer.fleetID)) has this host's log, up to revision"
          + " \(answer.revision)")
      return String(decoding: [UInt8](copying: answer.grantsSql), as: UTF8.self)
    })

  private static let status = Command(
    words: ["fleet", "status"], summary: "Shows how this host stands to its fleet.",
    examples: ["postern fleet status", "postern fleet status --output json | jq .lag_revisions"],
    body: .ask(PosternClient.getFleet) {
      Column.lines(rows, of: $0.fields, $1.style)
    })

  private static let list = Command(
    words: ["fleet", "list"], summary: "Lists the members of the fleet, as this host sees them.",
    details: ["A member that doesn't answer has stopped, or can't reach the database."],
    examples: ["postern fleet list"],
    body: .ask(PosternClient.getFleet) { answer, call in
      var table = TextTable(columns.map(\.title))
      let style = DisplayStyle(call.invocation, isShort: true)
      let fields = answer.fields
      for index in 0..<fields.count(of: "members") {
        let member = fields.element(index, of: "members")
        table.add(columns.map { $0.cell(member, style) })
      }
      return table.isEmpty ? "no members are known yet" : table.text
    })

  private static let forget = Command(
    words: ["fleet", "forget"], summary: "Removes a member from the list that is gone for good.",
    operands: [
      Operand(
        name: "INSTANCE", summary: "The member, as `fleet list` shows it.",
        fills: .text("instance"))
    ],
    details: [
      "Only a member that doesn't answer any more can be removed. It does no harm if it stays: no",
      "command waits for it. Only an operator may remove one.",
    ],
    examples: ["postern fleet forget 9e107d9d-372b-4b22-8a2f-3d6e5f1c0a77"],
    leavesSomething: true,
    body: .ask(PosternClient.forgetMember, prepare: connectToWait) { _, call in
      "the member \(DisplayText(call.invocation.operand(0))) is forgotten"
    })

  /// What asks the database takes as long as that does.
  @Sendable static func connectToWait(
    _ invocation: Invocation, _ fields: inout FieldValues
  ) throws(Failure) -> PosternClient? {
    try invocation.connect(waits: true)
  }

  private static let rows = [
    Column("condition") { fleet, style in condition(fleet, style) },
    Column("problem", "problem"), Column("since", "since"), Column("fleet", "fleet_id"),
    Column("uploaded") { fleet, style in
      guard fleet["ready"] != .boolean(true),
        case .unsigned(let revision) = fleet["uploaded_revision"],
        revision > 0
      else { return "" }
      return "up to revision \(revision)"
    },
    Column("term") { fleet, _ in number(fleet["term"]) },
    Column("format") { fleet, _ in format(fleet) },
    Column("lease", "lease"),
    Column("lease left", "lease_left", absent: "none: nothing is answered"),
    Column("revision", "revision"), Column("behind") { fleet, style in behind(fleet) },
    Column("last answer") { fleet, style in
      let age = style.text(fleet["last_contact_age"])
      return age.isEmpty ? "none yet" : age + " ago"
    },
    Column("clock") { fleet, style in
      guard case .duration(let seconds) = fleet["database_clock_offset"], seconds != 0 else {
        return ""
      }
      return "\(style.text(fleet["database_clock_offset"]))"
        + (seconds > 0 ? " ahead of" : " behind") + " the database's"
    },
    Column("standby") { fleet, _ in
      switch fleet["database_standby"] {
      case .word("absent"): "none: a failover may lose acknowledged changes"
      case .word("synchronous"): "synchronous"
      default: ""
      }
    },
    Column("instance", "instance"),
  ]

  private static let columns = [
    Column("INSTANCE", "instance"), Column("HOST", "host"),
    Column("REVISION", "applied_revision"), Column("TERM", "term"), Column("FORMAT", "format"),
    Column("ANSWERS", "answering"),
    Column("RENEWED") { member, style in style.text(member["renewed_age"]) + " ago" },
    Column("") { member, _ in member["answers_this_call"] == .boolean(true) ? "this host" : "" },
  ]

  /// One line for `postern status`.
  static func summary(_ fleet: AnyMessage, _ style: DisplayStyle) -> String {
    let problem = style.text(fleet["problem"])
    let left = style.text(fleet["lease_left"])
    var parts = [problem.isEmpty ? condition(fleet, style) : problem]
    let behind = behind(fleet)
    if !behind.isEmpty { parts.append(behind + " behind") }
    parts.append(
      left.isEmpty ? "without a lease, so nothing is answered" : "lease for \(left)")
    if case .unsigned(let count) = fleet["member_count"] {
      parts.append(CountText.of(count, "member"))
    }
    if fleet["database_standby"] == .word("absent") {
      parts.append("no synchronous standby: a failover may lose acknowledged changes")
    }
    return parts.joined(separator: ", ")
  }

  private static func condition(_ fleet: AnyMessage, _ style: DisplayStyle) -> String {
    style.text(fleet["condition"]).replacing("_", with: " ")
  }

  /// The revisions that are missing here; empty for none.
  private static func behind(_ fleet: AnyMessage) -> String {
    guard case .unsigned(let count) = fleet["lag_revisions"], count > 0 else { return "" }
    return CountText.of(count, "revision")
  }

  /// The format in force, and which members are in the way of a later one.
  private static func format(_ fleet: AnyMessage) -> String {
    let present = number(fleet["format"])
    guard case .unsigned(let format) = fleet["format"], format > 0 else { return present }
    var later: UInt64?
    var behind: [String] = []
    for index in 0..<fleet.count(of: "members") {
      let member = fleet.element(index, of: "members")
      guard case .unsigned(let own) = member["format"], case .text(let host) = member["host"] else {
        continue
      }
      if own > format {
        later = min(later ?? own, own)
      } else {
        behind.append(DisplayText(host).description)
      }
    }
    guard let later, !behind.isEmpty else { return present }
    return "\(present): for \(later), upgrade \(behind.sorted().joined(separator: ", "))"
  }

  /// A number that is not known while it is zero.
  private static func number(_ value: FieldValue) -> String {
    if case .unsigned(let number) = value, number > 0 { "\(number)" } else { "" }
  }
}
