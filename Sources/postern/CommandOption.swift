/// An option that a command takes.
package struct CommandOption: Sendable {
  /// With its dashes, as `--org`.
  package let name: String
  /// What its value is called in the help, as `ORG`; nil for an option without one.
  package let value: String?
  /// One sentence for the help.
  let summary: String
  /// The words that its value can be; empty if it can be anything.
  var choices: [String] = []
  /// Whether its value is the path of a file or a folder.
  var isPath = false
  /// Whether it may be given more than once.
  var isRepeated = false

  /// As in a usage line: `--org ORG`.
  var usage: String { value.map { "\(name) \($0)" } ?? name }
}

/// Those that every command takes.
extension CommandOption {
  static let socket = CommandOption(
    name: "--socket", value: "PATH", summary: "The daemon's socket; also by POSTERN_SOCKET.",
    isPath: true)
  static let output = CommandOption(
    name: "--output", value: "text|json",
    summary: "How to print the answer: for people (the default), or as JSON.",
    choices: OutputFormat.allCases.map(\.rawValue))
  static let timeout = CommandOption(
    name: "--timeout", value: "DURATION", summary: "How long to wait for an answer (default 30s).")
  static let help = CommandOption(
    name: "--help", value: nil, summary: "Explains the command and does nothing.")
  static let version = CommandOption(
    name: "--version", value: nil, summary: "Prints the version and does nothing else.")
  static let common = [socket, output, timeout, help]
}

/// Those of some commands. An option has the same meaning wherever it is taken.
extension CommandOption {
  static let organization = CommandOption(
    name: "--org", value: "ORG", summary: "The organization's id.")
  static let user = CommandOption(name: "--user", value: "USER", summary: "The user's id.")
  static let team = CommandOption(name: "--team", value: "TEAM", summary: "The team's id.")
  static let administrator = CommandOption(
    name: "--admin", value: "USER", summary: "The first user, who becomes its administrator.")
  static let name = CommandOption(name: "--name", value: "NAME", summary: "A name for people.")
  static let description = CommandOption(
    name: "--description", value: "TEXT", summary: "What the token is for.")
  static let timeToLive = CommandOption(
    name: "--ttl", value: "DURATION",
    summary: "How long the token is good, as 90s, 30m, 12h, 7d or 1d12h.")
  static let scope = CommandOption(
    name: "--scope", value: "SCOPE[,SCOPE]", summary: "What the token is for: ingest, api, rum.",
    choices: ["ingest", "api", "rum"], isRepeated: true)
  static let rename = CommandOption(
    name: "--rename", value: "NAME", summary: "The new name, unique in the organization.")
  static let noDescription = CommandOption(
    name: "--no-description", value: nil, summary: "Takes the description away.")
  static let noExpiry = CommandOption(
    name: "--no-expiry", value: nil, summary: "Lets the token be good for ever.")
  static let disable = CommandOption(
    name: "--disable", value: nil, summary: "Switches the token off, until --enable.")
  static let enable = CommandOption(
    name: "--enable", value: nil, summary: "Switches the token on again.")
  static let endGrace = CommandOption(
    name: "--end-grace", value: nil, summary: "Ends the secret from before the last rotation.")
  static let grace = CommandOption(
    name: "--grace", value: "DURATION",
    summary: "How long the old secret is good too (default not at all; 60d at most).")
  static let state = CommandOption(
    name: "--state", value: "STATE",
    summary: "Only those that are active, expired, revoked or disabled.",
    choices: ["active", "expired", "revoked", "disabled"])
  static let expiringWithin = CommandOption(
    name: "--expiring-within", value: "DURATION",
    summary: "Only those that expire before so long from now, or have.")
  static let unusedSince = CommandOption(
    name: "--unused-since", value: "DURATION",
    summary: "Only those that were not used for so long, as 30d, nor issued.")
  static let method = CommandOption(
    name: "--method", value: "METHOD",
    summary: "Only calls of this method, as Check, or with its service before a slash.")
  static let tokenFromInput = CommandOption(
    name: "--token-stdin", value: nil,
    summary: "Reads the token from standard input, as `-` does.")
  static let targetUser = CommandOption(
    name: "--target-user", value: "USER",
    summary: "The user whom the action is about, for rules that say oneself.")
  static let resourceOrganization = CommandOption(
    name: "--resource-org", value: "ORG",
    summary: "The organization of the resource, if it isn't the subject's own.")
  static let batch = CommandOption(
    name: "--batch", value: "FILE|-", summary: "Decides the questions of a file, one a line.")
  static let policy = CommandOption(
    name: "--policy", value: "FILE", summary: "A policy file (default: the built-in policy).",
    isPath: true)
  static let dryRun = CommandOption(
    name: "--dry-run", value: nil, summary: "Only checks, and changes nothing.")
  static let interval = CommandOption(
    name: "--interval", value: "DURATION", summary: "The time between two readings (default 2s).")
  static let dataFolder = CommandOption(
    name: "--data", value: "DIR", summary: "The folder of a ledger, as of `posternd --data`.",
    isPath: true)
  static let copy = CommandOption(
    name: "--file", value: "COPY", summary: "A copy of a ledger, as `postern backup` makes it.",
    isPath: true)
  static let fromRevision = CommandOption(
    name: "--from", value: "REVISION", summary: "The first revision (default 1).")
  static let expectedHash = CommandOption(
    name: "--expect-hash", value: "HEX",
    summary: "The hash that the entry before the first must have, as an earlier answer gave it.")
  static let count = CommandOption(
    name: "--count", value: "N", summary: "Ends after so many intervals (default never).")
  static let fromLine = CommandOption(
    name: "--from-line", value: "N", summary: "Passes over the lines before this one (default 1).")
  static let yes = CommandOption(
    name: "--yes", value: nil, summary: "Confirms what can't be taken back.")
  static let offline = CommandOption(
    name: "--offline", value: nil, summary: "Doesn't ask the daemon whether tokens are active.")
  static let revokeFound = CommandOption(
    name: "--revoke", value: nil, summary: "Revokes every active token that is found, unasked.")
  static let type = CommandOption(
    name: "--type", value: "TYPE", summary: "Only resources of this type, as dashboard.")
  static let tokenKind = CommandOption(
    name: "--token-kind", value: "user|org", summary: "Only tokens of this kind.",
    choices: ["user", "org"])
  static let issuedBefore = CommandOption(
    name: "--issued-before", value: "TIME",
    summary: "Only tokens issued before: as --since takes it.")
}

/// Those that select events.
extension CommandOption {
  static let token = CommandOption(
    name: "--token", value: "ID", summary: "Only what is by or about the token of this id.")
  static let resource = CommandOption(
    name: "--resource", value: "TYPE[/ID]", summary: "Only changes about this resource, or type.")
  static let kind = CommandOption(
    name: "--kind", value: "KIND[,KIND]",
    summary: "Only changes of these kinds, as token_issued, or of all about one, as token.",
    choices: EventKindText.names, isRepeated: true)
  static let since = CommandOption(
    name: "--since", value: "TIME",
    summary: "Only at this time or later: 2h for two hours ago, or 2026-05-01 12:00 (UTC).")
  static let until = CommandOption(
    name: "--until", value: "TIME", summary: "Only before this time.")
  static let firstRevision = CommandOption(
    name: "--from-revision", value: "N", summary: "Only from this revision on.")
  static let limit = CommandOption(
    name: "--limit", value: "N", summary: "Ends after so many, from the oldest on.")
  static let last = CommandOption(
    name: "--last", value: "N", summary: "Only the newest so many.")
  static let changes = CommandOption(
    name: "--changes", value: nil,
    summary: "Shows what became what below each, and who was denied what.")
}
