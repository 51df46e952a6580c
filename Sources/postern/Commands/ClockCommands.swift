internal import Messages
internal import PosternClient

/// `postern clock ...`.
enum ClockCommands {
  static let all = [accept]

  private static let accept = Command(
    words: ["clock", "accept"], summary: "Says that the daemon's wall clock is right.",
    details: [
      "A wall clock that jumps ahead by more than five minutes is not believed until it has held",
      "for an hour: `postern status` shows it. Only an operator may say that it is right. The",
      "ledger's time then moves to it and never goes back: look at the clock first.",
    ],
    examples: ["date && postern clock accept"], run: run)

  private static func run(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let reply = try invocation.ask { (client) throws(ClientError) in
      try client.acceptClock { _ in }
    }
    let now = invocation.context.nowSeconds
    try invocation.answer(reply.message) { answer in
      "the wall clock is believed: the ledger's time is "
        + "\(HumanTime.long(answer.time, nowSeconds: now)) (revision \(answer.revision))"
    }
    return .success
  }
}
