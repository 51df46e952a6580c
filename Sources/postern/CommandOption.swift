internal import Messages

/// An option that a command takes.
package struct CommandOption: Sendable {
  /// The name with its dashes, such as `--org`.
  package let name: String
  /// The name of its value in the help, such as `ORG`; nil for an option without a value.
  package var value: String? = nil
  /// One sentence for the help.
  let summary: String
  /// The allowed values; empty if any value is allowed.
  package var choices: [String] = []
  /// Whether its value is the path of a file or a folder.
  var isPath = false
  /// Whether it may be given more than once.
  var isRepeated = false
  /// The field of the request that it fills; nil if the command reads it itself.
  var fills: Binding?

  /// Its form in a usage line: `--org ORG`.
  var usage: String { value.map { "\(name) \($0)" } ?? name }

  /// The same option for a command whose request has another field for it.
  func filling(_ binding: Binding) -> CommandOption {
    var option = self
    option.fills = binding
    return option
  }
}

/// Options of every command.
extension CommandOption {
  static let socket = CommandOption(
    name: "--socket", value: "PATH", summary: "The daemon's socket; POSTERN_SOCKET sets it too.",
    isPath: true)
  static let output = CommandOption(
    name: "--output", value: "text|json",
    summary: "How to print the answer: as text (the default) or as JSON.",
    choices: OutputFormat.allCases.map(\.rawValue))
  static let timeout = CommandOption(
    name: "--timeout", value: "DURATION", summary: "How long to wait for an answer (default 30s).")
  static let help = CommandOption(name: "--help", summary: "Explains the command and does nothing.")
  static let version = CommandOption(
    name: "--version", summary: "Prints the version and does nothing else.")
  static let common = [socket, output, timeout, help]
  /// Options of every command that changes something.
  static let ofChanges = [wait]
  static let wait = CommandOption(
    name: "--wait", value: "host|fleet",
    summary: "Waits until this host obeys the change (the default), or every host of the fleet.",
    choices: ["host", "fleet"], fills: .word("wait", noun: "wait"))
}

/// Options of some commands. An option means the same in all of them.
extension CommandOption {
  static let organization = CommandOption(
    name: "--org", value: "ORG", summary: "The organization's id.", fills: .text("organization_id"))
  static let user = CommandOption(
    name: "--user", value: "USER", summary: "The user's id.", fills: .text("user_id"))
  static let team = CommandOption(
    name: "--team", value: "TEAM", summary: "The team's id.", fills: .text("writer.team_id"))
  static let administrator = CommandOption(
    name: "--admin", value: "USER", summary: "The first user, who becomes its administrator.",
    fills: .text("administrator_user_id"))
  static let name = CommandOption(
    name: "--name", value: "NAME", summary: "The display name.", fills: .text("display_name"))
  static let description = CommandOption(
    name: "--description", value: "TEXT", summary: "What the token is for.",
    fills: .text("description"))
  static let timeToLive = CommandOption(
    name: "--ttl", value: "DURATION",
    summary: "How long the token is good, such as 90s, 30m, 12h, 7d or 1d12h.",
    fills: .duration("lifetime"))
  static let scope = CommandOption(
    name: "--scope", value: "SCOPE[,SCOPE]", summary: "What the token is for: ingest, api, rum.",
    choices: ["ingest", "api", "rum"], isRepeated: true, fills: .words("scopes", noun: "scope"))
  static let rename = CommandOption(
    name: "--rename", value: "NAME", summary: "The new name, unique in the organization.",
    fills: .text("name"))
  static let noDescription = CommandOption(
    name: "--no-description", summary: "Removes the description.")
  static let noExpiry = CommandOption(name: "--no-expiry", summary: "Lets the token never expire.")
  static let disable = CommandOption(
    name: "--disable", summary: "Switches the token off until --enable.",
    fills: .flag("disabled", .boolean(true)))
  static let enable = CommandOption(name: "--enable", summary: "Switches the token on again.")
  static let endGrace = CommandOption(
    name: "--end-grace", value: nil,
    summary: "Ends the grace period: the previous secret is no longer good.")
  static let grace = CommandOption(
    name: "--grace", value: "DURATION",
    summary: "How long the old secret stays good (default: not at all; 60d at most).",
    fills: .duration("grace_period"))
  static let state = CommandOption(
    name: "--state", value: "STATE",
    summary: "Only those that are active, expired, revoked or disabled.",
    choices: ["active", "expired", "revoked", "disabled"], fills: .word("state", noun: "state"))
  static let expiringWithin = CommandOption(
    name: "--expiring-within", value: "DURATION",
    summary: "Only those that expire within this time, or have expired.",
    fills: .ahead("expiring_before"))
  static let unusedSince = CommandOption(
    name: "--unused-since", value: "DURATION",
    summary: "Only those neither used nor issued for this time, such as 30d.",
    fills: .ago("unused_since"))
  static let method = CommandOption(
    name: "--method", value: "METHOD",
    summary: "Only calls of this method: Check, or PermissionService/Check.", fills: .text("method")
  )
  static let tokenFromInput = CommandOption(
    name: "--token-stdin", value: nil, summary: "Reads the token from standard input, as `-` does.")
  static let targetUser = CommandOption(
    name: "--target-user", value: "USER",
    summary: "The user that is acted on, for rules with the relation self.",
    fills: .text("target_user_id"))
  static let resourceOrganization = CommandOption(
    name: "--resource-org", value: "ORG",
    summary: "The organization of the resource, if it isn't the subject's own.",
    fills: .text("resource.organization_id"))
  static let batch = CommandOption(
    name: "--batch", value: "FILE|-", summary: "Decides the questions of a file, one on each line.")
  static let policy = CommandOption(
    name: "--policy", value: "FILE", summary: "A policy file (default: the built-in policy).",
    isPath: true)
  static let dryRun = CommandOption(
    name: "--dry-run", summary: "Only checks, and changes nothing.",
    fills: .flag("validate_only", .boolean(true)))
  static let interval = CommandOption(
    name: "--interval", value: "DURATION", summary: "The time between two readings (default 2s).")
  static let dataFolder = CommandOption(
    name: "--data", value: "DIR", summary: "The folder of a ledger, as given to `posternd --data`.",
    isPath: true)
  static let copy = CommandOption(
    name: "--file", value: "COPY", summary: "A copy of a ledger, as `postern backup` makes it.",
    isPath: true)
  static let fromRevision = CommandOption(
    name: "--from", value: "REVISION", summary: "The first revision (default 1).")
  static let expectedHash = CommandOption(
    name: "--expect-hash", value: "HEX",
    summary: "The hash of the entry before --from, from an earlier answer.")
  static let count = CommandOption(
    name: "--count", value: "N", summary: "Ends after this many intervals (default: never).")
  static let fromLine = CommandOption(
    name: "--from-line", value: "N", summary: "The line to begin with (default 1).")
  static let yes = CommandOption(name: "--yes", summary: "Confirms a change that can't be undone.")
  static let offline = CommandOption(
    name: "--offline", summary: "Doesn't ask the daemon whether tokens are active.")
  static let revokeFound = CommandOption(
    name: "--revoke", value: nil,
    summary: "Revokes every active token that is found, without asking.")
  static let type = CommandOption(
    name: "--type", value: "TYPE", summary: "Only resources of this type, such as dashboard.",
    fills: .text("resource_type"))
  static let tokenKind = CommandOption(
    name: "--token-kind", value: "user|org", summary: "Only tokens of this kind.",
    choices: ["user", "org"], fills: .word("kind", noun: "kind of token"))
  static let issuedBefore = CommandOption(
    name: "--issued-before", value: "TIME",
    summary: "Only tokens issued before this time: 2h (ago), or 2026-05-01 12:00 (UTC).",
    fills: .time("issued_before"))
}

/// Options of repairs.
extension CommandOption {
  static let againstFleet = CommandOption(
    name: "--against-fleet", value: "CONNECTION",
    summary: "Compares the log with that in the fleet's database, as `posternd --fleet` has it.")
  static let fleetKey = CommandOption(
    name: "--fleet-key", value: "FILE",
    summary: "The key of the fleet, as `posternd --fleet-key` has it.", isPath: true)
  static let append = CommandOption(
    name: "--append", summary: "Appends what this host has and the database lacks.")
  static let rebuild = CommandOption(
    name: "--rebuild",
    summary: "Gives up what this host has and the database has not, and begins it anew.")
  static let cut = CommandOption(
    name: "--cut", value: "REVISION",
    summary: "Removes what no host can apply, from this revision on.",
    fills: .number("first_revision"))
  static let reapply = CommandOption(
    name: "--reapply", summary: "Revokes the tokens again whose revokes were lost.")
}

/// Options that select events.
extension CommandOption {
  static let token = CommandOption(
    name: "--token", value: "ID", summary: "Only events by or about the token with this id.",
    fills: .text("token_id"))
  static let resource = CommandOption(
    name: "--resource", value: "TYPE[/ID]",
    summary: "Only changes of this resource, or of this type.", fills: .typeOrResource())
  static let kind = CommandOption(
    name: "--kind", value: "KIND[,KIND]",
    summary: "Only these kinds: token_issued, or token for all kinds about tokens.",
    choices: EventKindText.names, isRepeated: true, fills: .eventKinds("kinds"))
  static let since = CommandOption(
    name: "--since", value: "TIME",
    summary: "Only from this time on: 2h (ago), or 2026-05-01 12:00 (UTC).",
    fills: .time("start_time"))
  static let until = CommandOption(
    name: "--until", value: "TIME", summary: "Only before this time.", fills: .time("end_time"))
  static let firstRevision = CommandOption(
    name: "--from-revision", value: "N", summary: "Only from this revision on.",
    fills: .number("from_revision"))
  static let limit = CommandOption(
    name: "--limit", value: "N", summary: "Only the oldest N.", fills: .number("limit"))
  static let last = CommandOption(name: "--last", value: "N", summary: "Only the newest N.")
  static let changes = CommandOption(
    name: "--changes", value: nil,
    summary: "Shows old and new values below each event, and denied attempts.")
}
