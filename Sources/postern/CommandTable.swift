/// All commands, in the order of the help.
package enum CommandTable {
  package static let all: [Command] =
    [
      StatusCommand.status, MetricsCommand.metrics, TopCommand.top, AuditCommand.audit,
      WatchCommand.watch,
    ] + OrganizationCommands.all
    + UserCommands.all + TeamCommands.all + TokenCommands.all + OrgTokenCommands.all
    + [UsageCommand.usage] + ResourceCommands.all + WriterCommands.all + PolicyCommands.all
    + ClockCommands.all + FleetCommands.all
    + [VerifyCommand.verify, BackupCommand.backup, RestoreCommand.restore]
    + [
      ImportCommand.import, ExportCommand.export, CheckCommand.check, ExplainCommand.explain,
      ActionsCommand.actions, ScanCommand.scan, VersionCommand.version, HelpCommand.help,
      CompletionsCommand.completions,
    ]

  /// The first words of all commands, each once, in order.
  static let nouns: [String] = {
    var found: [String] = []
    for command in all where !found.contains(command.words[0]) { found.append(command.words[0]) }
    return found
  }()

  /// Every option of any command, each once.
  package static let options: [CommandOption] = {
    var found = CommandOption.common + [CommandOption.version]
    for option in all.flatMap(\.options) where !found.contains(where: { $0.name == option.name }) {
      found.append(option)
    }
    return found
  }()

  /// The command with these two words. `show` and `get` mean the same.
  static func command(_ noun: String, _ verb: String) -> Command? {
    let candidates = commands(of: noun).filter { $0.words.count > 1 }
    let other = ["show": "get", "get": "show"][verb]
    return candidates.first { $0.words[1] == verb } ?? candidates.first { $0.words[1] == other }
  }

  /// The commands that begin with `noun`, of which there is at least one.
  static func known(_ noun: String) throws(Failure) -> [Command] {
    let found = commands(of: noun)
    guard found.isEmpty else { return found }
    throw .misuse("there is no command `\(noun)`" + Nearest.question(noun, among: nouns))
  }

  /// The commands that begin with `noun`.
  static func commands(of noun: String) -> [Command] { all.filter { $0.words[0] == noun } }
}
