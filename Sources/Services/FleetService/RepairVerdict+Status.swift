package import Fleet
package import RPC

// What a verdict says to people, and why it refuses a repair.

extension RepairVerdict {
  /// Why nothing is appended or cut off; nil for nothing against it.
  package var refusal: Status? {
    switch self {
    case .whole, .append: nil
    case .behind:
      Status(
        .failedPrecondition,
        "the fleet's database has more than this host: nothing is missing there",
        reason: "REPAIR_ELSEWHERE")
    case .longer: Status(.failedPrecondition, sentence, reason: "REPAIR_ELSEWHERE")
    case .differs: Status(.failedPrecondition, sentence, reason: "REPAIR_DIFFERS")
    case .waits: Status(.failedPrecondition, sentence, reason: "REPAIR_TOO_EARLY")
    }
  }

  /// What is so, and what to do.
  package var sentence: String {
    switch self {
    case .whole: "the fleet's database has all that is known to exist"
    case .append:
      "this host has what the fleet's database lacks: run `postern fleet repair --append` here"
    case .behind: "the fleet's database has more than this host, which has to catch up"
    case .differs(let revision):
      "from revision \(revision) on the fleet's database has other changes than this host, whose "
        + "own are lost to the fleet: run `postern fleet repair --rebuild` here, which keeps them "
        + "in a file, and then `postern fleet lost`"
    case .longer(let voice):
      "\(voice.host) has a longer log, up to revision \(voice.head.revision): run "
        + "`postern fleet repair` there; if it is gone for good, first `postern fleet forget "
        + "\(voice.instance)`"
    case .waits(let remaining, let voices): Self.patience(remaining, voices)
    }
  }

  private static func patience(_ remaining: Int64, _ voices: [MemberVoice]) -> String {
    let hosts = Set(voices.map(\.host)).sorted()
    let names = hosts.prefix(5).joined(separator: ", ") + (hosts.count > 5 ? " and more" : "")
    let seconds = (remaining + 999_999_999) / 1_000_000_000
    let time = seconds > 0 ? "\(seconds) seconds" : "until they stop or can't go on either"
    guard !hosts.isEmpty else {
      return "this host does not know who else may still answer: wait \(time), and look again"
    }
    return
      "\(names) may still answer, or have more than this host: wait \(time), or until heard, and "
      + "look again"
  }
}
