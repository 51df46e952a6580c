internal import Messages
internal import PosternClient

/// A command that is about to run: its arguments, and how it answers.
struct Invocation {
  let command: Command
  private let arguments: Arguments
  let context: any ProcessContext
  let output: OutputFormat

  init(of command: Command, _ arguments: Arguments, in context: any ProcessContext)
    throws(Failure)
  {
    let format = arguments.values[CommandOption.output.name]?.first ?? "text"
    guard let output = OutputFormat(rawValue: format) else {
      throw .misuse("`--output` is `text` or `json`, not `\(format)`")
    }
    self.command = command
    self.arguments = arguments
    self.context = context
    self.output = output
  }

  /// The operands that were given.
  var operands: [String] { Array(arguments.words.dropFirst(command.words.count)) }

  /// An operand that the command needs.
  func operand(_ index: Int) -> String { operands[index] }

  /// The value of an option that the command requires.
  func value(_ option: CommandOption) -> String {
    guard let value = optional(option) else {
      preconditionFailure("the parser let a required option be missing")
    }
    return value
  }

  /// The value of an option, if it was given.
  func optional(_ option: CommandOption) -> String? { arguments.values[option.name]?.first }

  /// All values of an option.
  func all(_ option: CommandOption) -> [String] { arguments.values[option.name] ?? [] }

  /// Whether an option was given.
  func has(_ option: CommandOption) -> Bool { arguments.has(option) }

  /// The value of an option that is a length of time, in seconds.
  func seconds(_ option: CommandOption) throws(Failure) -> Int64? {
    guard let text = optional(option) else { return nil }
    return try Binding.seconds(text, of: option.name)
  }

  /// The value of an option that counts from 1.
  func number(_ option: CommandOption) throws(Failure) -> UInt64? {
    guard let text = optional(option) else { return nil }
    return try Binding.number(text, of: option.name)
  }

  /// Whether answers wait for every host of the fleet.
  func waitsForFleet() throws(Failure) -> Bool {
    guard let text = optional(.wait) else { return false }
    guard CommandOption.wait.choices.contains(text) else {
      throw .misuse("`--wait` is `host` or `fleet`, not `\(text)`")
    }
    return text == "fleet"
  }

  /// Asks for confirmation of an irreversible action, unless `--yes` is given.
  func confirm(_ consequence: String) throws(Failure) {
    if has(.yes) { return }
    switch context.confirm("\(consequence). Go on? [y/N] ") {
    case true?: return
    case false?: throw .trouble("nothing was done", advice: "")
    case nil: throw .misuse("\(consequence): confirm it by `--yes`")
    }
  }

  /// The token that the caller passes on standard input.
  func secret() throws(Failure) -> Secret {
    guard let secret = try context.readSecret(prompt: "token: ") else {
      throw .misuse("there is no token on standard input")
    }
    guard !secret.hasBlanks else {
      throw .misuse("standard input holds more than the text of one token")
    }
    return secret
  }
}

extension Invocation {
  /// Connects to the daemon with the rights of the user of POSTERN_TOKEN or, without a bearer, of
  /// this process alone. Without `--timeout` calls have 30 seconds, or no limit with `waits` and
  /// with `--wait fleet`, which ends by itself, and streams have no limit.
  func connect(waits: Bool = false, withBearer: Bool = true) throws(Failure) -> PosternClient {
    // Checked first, so that nothing takes effect whose answer can't be printed.
    guard context.takesOutput else {
      throw .trouble(
        "can't write to standard output: it is closed", advice: "nothing was asked or done")
    }
    let path = try SocketPath.find(given: optional(.socket), in: context)
    let given = try seconds(.timeout)
    let waits = try waitsForFleet() || waits
    let bearer = withBearer ? try bearer() : nil
    do {
      let client = try PosternClient(
        socketPath: path,
        bearerToken: bearer.map { String(decoding: Array(copying: $0.bytes), as: UTF8.self) })
      client.timeout = (given ?? (waits ? nil : 30)).map { .seconds($0) }
      client.streamTimeout = given.map { .seconds($0) }
      return client
    } catch {
      throw .trouble(
        error.description,
        advice: SocketPath.advice(path, given: optional(.socket), in: context))
    }
  }

  /// The token of POSTERN_TOKEN; nil if it isn't set. An empty value is an error: the caller meant
  /// to give a token and must not get the rights of the process instead.
  private func bearer() throws(Failure) -> Secret? {
    guard context.isSet("POSTERN_TOKEN") else { return nil }
    guard let secret = Secret(Array((context.variable("POSTERN_TOKEN") ?? "").utf8)) else {
      throw .misuse(
        "POSTERN_TOKEN is set but holds no token: unset it to act by the rights of this process")
    }
    guard !secret.hasBlanks else {
      throw .misuse(
        "POSTERN_TOKEN holds more than the text of one token; `Bearer` is not part of it")
    }
    return secret
  }

  /// Prints an answer: as JSON, or as the text that `describe` returns.
  func answer<Message: EncodableMessage & ~Escapable>(
    _ message: Message, _ describe: (Message) -> String
  ) throws(Failure) {
    try print(output == .json ? message.jsonText : describe(message))
  }

  /// Prints lines to standard output.
  func print(_ text: String) throws(Failure) {
    // A text of whole lines already ends with a newline.
    try context.write(text.utf8.last == UInt8(ascii: "\n") ? text : text + "\n")
  }

  /// Prints lines to standard error, apart from the answer.
  func remark(_ text: String) { context.writeError(text + "\n") }
}

/// How answers are printed.
enum OutputFormat: String, CaseIterable {
  /// For people.
  case text
  /// One JSON document for each answer, with the field names of the contract.
  case json
}
