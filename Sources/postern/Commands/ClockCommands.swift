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
    examples: ["date && postern clock accept"],
    body: .ask(PosternClient.acceptClock, changes: true) { answer, call in
      let time = call.style.text(answer.fields["time"])
      return "the wall clock is believed: the ledger's time is \(time)"
        + " (revision \(answer.revision))"
    })
}
