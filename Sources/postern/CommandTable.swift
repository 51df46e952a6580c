/// All commands, in the order of the help.
package enum CommandTable {
  package static let all: [Command] =
    [StatusCommand.status, MetricsCommand.metrics, TopCommand.top] + OrganizationCommands.all
    + UserCommands.all + TeamCommands.all + TokenCommands.all + OrgTokenCommands.all
    + ResourceCommands.all + WriterCommands.all + PolicyCommands.all
    + [VerifyCommand.verify, BackupCommand.backup, RestoreCommand.restore]
    + [
      ImportCommand.import, ExportCommand.export, CheckCommand.check, ScanCommand.scan,
      VersionCommand.version, HelpCommand.help, CompletionsCommand.completions,
    ]

  /// The first words, each once, in order.
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

  /// The commands that begin with `noun`.
  static func commands(of noun: String) -> [Command] { all.filter { $0.words[0] == noun } }
}
