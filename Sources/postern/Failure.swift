package import PosternClient

/// Why a command has no answer.
package enum Failure: Error {
  /// The arguments are invalid; the sentence says why. The usage line follows it.
  case misuse(String)
  /// Something outside failed. The sentence says what, and the advice what to do about it.
  case trouble(String, advice: String)
  /// The answer can't be written to standard output; the sentence says why.
  case lostAnswer(String)
  /// The daemon refused, or is gone.
  case call(ClientError)
}

extension Failure {
  /// What is wrong, without advice.
  var sentence: String {
    switch self {
    case .misuse(let sentence), .trouble(let sentence, _), .lostAnswer(let sentence): sentence
    case .call(let error): error.description
    }
  }

  /// Whether the daemon is gone and may come back. `isLost` says that the connection broke before;
  /// until then the daemon is not known to have run.
  func isBreak(isLost: Bool) -> Bool {
    switch self {
    case .misuse: false
    // From connecting, only after a break while no daemon runs yet. From printing, the reader of
    // the output is gone.
    case .trouble, .lostAnswer: isLost
    case .call(.connection), .call(.status(code: 14, _, _, _, _)): true
    case .call: false
    }
  }

  /// The exit code of the process.
  var exitCode: ExitCode {
    switch self {
    case .misuse: .misuse
    case .trouble, .lostAnswer: .failure
    // INVALID_ARGUMENT: the daemon found the misuse.
    case .call(.status(code: 3, _, _, _, _)): .misuse
    case .call: .failure
    }
  }

  /// The text to print, without a newline at the end.
  package func report(for command: Command?) -> String {
    switch self {
    case .misuse(let sentence):
      let usage = command?.usage ?? Help.usage
      return "postern: \(sentence)\nusage: \(usage)"
    case .trouble(let sentence, let advice): return Failure.lines(sentence, advice)
    // Only what changes something can have taken effect.
    case .lostAnswer(let sentence):
      return Failure.lines(
        sentence,
        command?.hasEffect == true ? "the command took effect, but its answer is lost" : "")
    case .call(.connection(let sentence)):
      return Failure.lines(
        sentence,
        command?.hasEffect == true
          ? "whether the command took effect is unknown, unless the daemon's log says that it"
            + " refused the connection: look before you repeat it"
          : "try again; the daemon's log says whether it refused the connection")
    case .call(.status(_, let name, let message, let reason, let metadata)):
      let text = DisplayText(message.isEmpty ? "the daemon refused" : message)
      let names = reason.isEmpty || reason == name ? name : "\(name), \(reason)"
      return Failure.lines(
        "\(text) [\(DisplayText(names))]",
        Failure.advice(
          on: name, reason: reason, message: message, metadata: metadata))
    }
  }

  private static func lines(_ sentence: String, _ advice: String) -> String {
    "postern: \(sentence)" + (advice.isEmpty ? "" : "\nhint: \(advice)")
  }

  /// What to do next; empty if the message is enough.
  private static func advice(
    on name: String, reason: String, message: String, metadata: [String: String]
  ) -> String {
    switch name {
    case "UNAUTHENTICATED" where reason == "CREDENTIAL_MALFORMED":
      return "POSTERN_TOKEN must be the text of one token and nothing else, without `Bearer`"
    case "UNAUTHENTICATED" where reason == "TOKEN_NOT_ACTIVE":
      return "the token of POSTERN_TOKEN has expired, was revoked or never existed: get another by"
        + " `postern token issue --org ORG --user USER`, or unset it to act by the rights of this"
        + " process"
    case "UNAUTHENTICATED":
      return "set POSTERN_TOKEN to the token of a user with the right:"
        + " `postern token issue --org ORG --user USER` makes one"
    case "PERMISSION_DENIED" where reason == "OPERATOR_REQUIRED":
      return "no token allows it: \(operators), and unset POSTERN_TOKEN"
    case "PERMISSION_DENIED":
      let advice = "set POSTERN_TOKEN to the token of a user with the right, or \(operators)"
      guard let rule = metadata["rule"], !rule.isEmpty, !message.contains(rule) else {
        return advice
      }
      return "it is allowed for: \(DisplayText(rule)); \(advice)"
    case "INVALID_ARGUMENT":
      switch metadata["field"] {
      case "action": return "`postern policy show` lists the actions"
      case "resource_type", "resource.type":
        return "the types are those of the policy: `postern policy show` lists their actions"
      default: return ""
      }
    case "FAILED_PRECONDITION" where reason == "NO_FLEET":
      return "a fleet needs a PostgreSQL database and the daemon's setting `--fleet` on every host"
    case "DEADLINE_EXCEEDED" where reason == "FLEET_NOT_REACHED":
      return "every host obeys it within the lease: `postern fleet list` shows which of them do"
    case "UNAVAILABLE" where reason == "FLEET_NOT_READY":
      return "run `postern fleet init` on the host whose log the fleet begins with"
    case "UNAVAILABLE" where reason.hasPrefix("FLEET_"):
      return "`postern fleet status` says what is wrong; it ends by itself once that is mended"
    case "FAILED_PRECONDITION" where reason == "NO_POLICY_FILE":
      return "start it with one: `posternd --policy FILE`"
    case "NOT_FOUND":
      return "ids are case-sensitive; `\(listing(message))` shows what there is"
    case "ALREADY_EXISTS": return "nothing was changed"
    case "DEADLINE_EXCEEDED":
      return
        "the daemon may still do it: look before you repeat it, and allow more time by --timeout"
    case "UNAVAILABLE" where reason == "LEDGER_FULL":
      let larger = "start the daemon with a larger `--max-ledger-bytes`"
      let space = "free space on the disk of the ledger"
      let room =
        if metadata["limit"] != nil { larger } else if metadata["path"] != nil { space } else {
          "\(space), or \(larger)"
        }
      return "\(room); until then revokes and deletions succeed, from a reserve, and nothing else"
    case "UNAVAILABLE" where reason == "LEDGER_FAILED":
      return "see the daemon's log; if `postern status` still says so when the cause is gone,"
        + " restart the daemon"
    case "UNAVAILABLE": return "try again in a moment"
    case "UNIMPLEMENTED":
      return "the daemon is of another version: compare `postern version` and `postern status`"
    case "RESOURCE_EXHAUSTED":
      return "make room, or raise the limit: `posternd --help` lists all limits"
    case "INTERNAL", "DATA_LOSS": return "look into the daemon's log"
    default: return ""
    }
  }

  /// How to act as an operator. Only the daemon's configuration says for sure which users are.
  private static let operators =
    "run as an operator (root and the daemon's user are, unless its `--require-bearer-uid` or"
    + " `-gid` names them)"

  /// The command that lists objects of the kind that a message reports as missing.
  private static func listing(_ message: String) -> String {
    if message.hasPrefix("there is no member of the fleet") { return "postern fleet list" }
    for noun in ["user", "team", "resource", "org token", "token"]
    where message.hasPrefix("there is no \(noun)") {
      return "postern \(noun.replacing(" ", with: "-")) list --org ORG"
    }
    return "postern org list"
  }
}

/// The result for the calling process. `validate` and `check` answer a question with it, so a
/// script never takes an error for a yes.
package enum ExitCode: Int32, Sendable {
  /// The command succeeded; for a question: yes.
  case success = 0
  /// The answer to a question is no; a scan has found tokens.
  case denied = 1
  /// The arguments are invalid, or the daemon says that one of them is.
  case misuse = 2
  /// There is no answer.
  case failure = 3
}
