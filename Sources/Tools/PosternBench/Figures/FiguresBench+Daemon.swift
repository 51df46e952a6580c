internal import Glibc

// What two workers do, and what a daemon costs that has nothing to do.
extension FiguresBench {
  private static let workerTokens = 200_000

  /// By processor time a call: if two workers need as much as one, they answer twice as many.
  func workers() throws(BenchFailure) -> Findings {
    var boxes: [LoadBox<QueryConversation>] = []
    for count in [1, 2] {
      let postern = try PosternPeer(
        folder: folder, name: "workers-\(count)", workerCount: count)
      let load = LoadBox(
        try IssueConversation(), on: postern)
      _ = try load.run(.streams, until: .calls(Self.workerTokens))
      var generator = SplitMix64(seed: 20_240_229)
      boxes.append(
        LoadBox(
          try QueryConversation(
            .validateToken, secrets: load.conversation.secrets,
            order: Array(0..<Self.workerTokens).shuffled(using: &generator)),
          on: postern))
    }
    var figures = boxes.map { _ in [Figure]() }
    for _ in 0..<options.roundCount {
      for (index, box) in boxes.enumerated() {
        figures[index].append(
          try box.run(.deep, until: .nanoseconds(Int64(options.seconds * 1e9))))
      }
    }
    let costs = figures.map { Self.median($0.map(\.serverMicrosecondsPerCall)) }
    let ratios = zip(figures[0], figures[1]).map {
      2 * $0.serverMicrosecondsPerCall / $1.serverMicrosecondsPerCall
    }
    var findings = Findings()
    findings.lines = [
      Self.row("server us a call, 16 deep: 1, 2 workers", costs, digits: 2),
      Self.row("two workers' calls to one's", [Self.median(ratios)], digits: 2),
    ]
    return findings
  }

  func idle() throws(BenchFailure) -> Findings {
    let postern = try PosternPeer(folder: folder, name: "idle")
    usleep(2_000_000)
    let sizes = [ResidentMemory.Kind.anonymous, .all].map {
      Double(ResidentMemory.kibibytes($0, of: postern.process.processID)) / 1024
    }
    var findings = Findings()
    findings.lines = [
      Self.row("idle daemon, MiB: RssAnon, VmRSS", sizes, digits: 1)
    ]
    return findings
  }
}
