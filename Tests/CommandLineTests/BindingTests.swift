internal import Testing
internal import postern

/// What the arguments of a command bind is a field of the request that it makes: a wrong name or
/// type would trap here.
@Suite struct BindingTests {
  /// The words of a command's first example, without what a shell does around it.
  private static func words(of command: Command) throws -> [String] {
    let example = try #require(command.examples.first)
    var words: [String] = []
    // Every second piece is quoted.
    for (index, piece) in example.split(separator: "'").enumerated() {
      if index % 2 == 1 {
        words.append(String(piece))
      } else {
        words += piece.split(separator: " ").map(String.init)
      }
    }
    words = Array(words.drop { !$0.hasSuffix("postern") }.dropFirst())
    words = Array(words.prefix { word in word != "&&" && !word.contains { "|<>".contains($0) } })
    return words.map { $0.filter { $0 != ")" } }
  }

  private static func sample(_ option: CommandOption) -> [String] {
    guard let value = option.value else { return [option.name] }
    let samples = [
      "DURATION": "7d", "TIME": "2h", "N": "3", "REVISION": "3", "TYPE[/ID]": "dashboard/latency",
      "HEX": String(repeating: "0", count: 64),
    ]
    return [option.name, option.choices.first ?? samples[value] ?? "sample"]
  }

  /// The commands that ask the daemon for what their arguments say.
  private static let commands = CommandTable.all.filter {
    !["policy", "import", "restore", "scan", "verify", "top", "completions", "help", "version"]
      .contains($0.words[0]) || $0.words == ["policy", "reload"]
  }

  @Test(arguments: commands.map { $0.words.joined(separator: " ") })
  func everyOptionFillsAField(of title: String) throws {
    let command = try #require(
      Self.commands.first { $0.words.joined(separator: " ") == title })
    let example = try Self.words(of: command)
    // Every call fails, after the daemon has noted what was asked.
    let daemon = try ScriptedDaemon([])
    for option in [nil] + command.options.map(Optional.some) {
      if let option, example.contains(option.name) || option.name == "--batch" { continue }
      let context = RecordedContext()
      context.variables["POSTERN_SOCKET"] = daemon.path
      context.confirmation = true
      context.input = "pst_u_token"
      let before = daemon.calls.count
      let code = Program.run(example + (option.map(Self.sample) ?? []), in: context)
      // Some options exclude each other, or need another one.
      guard code != .misuse || option == nil else { continue }
      #expect(code == .failure, "\(context.errors)")
      #expect(daemon.calls.count > before, "\(context.errors)")
      // A command for an org token looks for its id first, and fails there.
      if let option, Self.sample(option).last == "sample", command.words[0] != "org-token" {
        #expect(daemon.calls[before...].joined().contains("sample"), "\(option.name) went nowhere")
      }
    }
  }
}
