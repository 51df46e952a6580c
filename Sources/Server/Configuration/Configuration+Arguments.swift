extension Configuration {
  /// What a command line asks for.
  package enum Request {
    case serve(Configuration)
    case help
    case version
  }

  /// Reads flags, and the file that `--config` names, whose settings they override.
  package static func parse(
    arguments: [String], environment: [String: String]
  ) throws(ConfigurationError) -> Request {
    var flags: [(setting: Setting, value: String)] = []
    var file: String?
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      if argument == "--help" || argument == "-h" { return .help }
      if argument == "--version" { return .version }
      guard argument.hasPrefix("--") else {
        throw ConfigurationError("`\(argument)` is not a flag; `posternd --help` lists them")
      }
      let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1)
      let name = parts.first.map(String.init) ?? ""
      let setting = Setting.all.first { $0.name == name }
      guard setting != nil || name == "config" else {
        throw ConfigurationError("`--\(name)` is not a flag; `posternd --help` lists them")
      }
      if let setting, setting.isSwitch, parts.count == 1 {
        flags.append((setting, "true"))
        continue
      }
      guard let value = parts.count == 2 ? String(parts[1]) : rest.popFirst() else {
        throw ConfigurationError("`--\(name)` needs a value behind it")
      }
      if let setting { flags.append((setting, value)) } else { file = value }
    }
    var configuration = Configuration(environment: environment)
    if let file { try configuration.read(file: file) }
    for (setting, value) in flags {
      do {
        try setting.apply(&configuration, value)
      } catch {
        switch error {
        case .malformed:
          throw ConfigurationError(
            "`\(value)` is not a valid value for `--\(setting.name)`, which takes "
              + "\(setting.isSwitch ? "true or false" : setting.placeholder): \(setting.summary)")
        case .outOfRange(let lowest, let highest):
          throw ConfigurationError(
            "`--\(setting.name)` is \(lowest) to \(highest), and not `\(value)`")
        case .account(let error): throw ConfigurationError("`--\(setting.name)`: \(error)")
        }
      }
    }
    guard configuration.lostRevisions != nil || !configuration.keepsTokens else {
      throw ConfigurationError("`--keep-tokens` needs `--lose-revisions` beside it")
    }
    if let lonely = configuration.fleet.lonely {
      throw ConfigurationError("`--\(lonely)` needs `--fleet` beside it")
    }
    return .serve(configuration)
  }

  /// The text of `--help`.
  package static var help: String {
    var lines = [
      "posternd: answers whether a token is good and what its bearer may do, over a Unix socket",
      "", "usage: posternd [--config FILE] [FLAG VALUE ...]", "",
    ]
    let rows =
      [("--config FILE", "JSON5 file with these settings, named with underscores")]
      + Setting.all.map { ("--\($0.name)\($0.isSwitch ? "" : " " + $0.placeholder)", $0.summary) }
      + [("--help", "this text"), ("--version", "the version")]
    let width = (rows.map { $0.0.count }.max() ?? 0) + 2
    lines += rows.map { flag, summary in
      "  " + flag + String(repeating: " ", count: width - flag.count) + summary
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
