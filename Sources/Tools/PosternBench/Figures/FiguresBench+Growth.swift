// What a call costs the server, and how long a start takes, by the number of tokens.
extension FiguresBench {
  private static let exponent = 0.99
  /// Redis gets no more keys than this.
  private static let maximumKeys = 1_000_000
  private static let maximumDraws = 1_000_000

  private struct Size {
    let count: Int
    /// The server's processor time of a call in microseconds, by name.
    var costs: [(name: String, microseconds: Double)] = []
    var startMilliseconds = 0.0
  }

  func growth() throws(BenchFailure) -> Findings {
    var postern = try PosternPeer(folder: folder, name: "growth")
    var issuing = try IssueConversation()
    var sizes: [Size] = []
    for count in [10_000, 100_000, 1_000_000, 10_000_000] where count <= options.tokenCount {
      let load = LoadBox(issuing, on: postern)
      _ = try load.run(.streams, until: .calls(count - load.conversation.secrets.count))
      issuing = load.conversation
      var size = Size(count: count)
      size.costs = try costs(postern, issuing.secrets)
      var times: [Double] = []
      for _ in 0..<options.roundCount {
        let (next, nanoseconds) = try postern.restarted()
        postern = next
        times.append(Double(nanoseconds) / 1e6)
      }
      size.startMilliseconds = Self.median(times)
      sizes.append(size)
    }
    return findings(sizes)
  }

  private func costs(
    _ postern: PosternPeer, _ secrets: SecretStore
  ) throws(BenchFailure) -> [(name: String, microseconds: Double)] {
    var generator = SplitMix64(seed: 20_240_229)
    let order = Array(0..<secrets.count).shuffled(using: &generator)
    let zipf = Zipf(count: order.count, exponent: Self.exponent)
    let drawn = (0..<min(order.count, Self.maximumDraws)).map { _ in
      order[zipf.next(using: &generator)]
    }
    var rivals: [Rival] = []
    for (name, order) in [("uniform", order), ("Zipf \(Self.exponent)", drawn)] {
      let box = LoadBox(
        try QueryConversation(.validateToken, secrets: secrets, order: order),
        on: postern)
      rivals.append(box.rival("ValidateToken, \(name)"))
    }
    var redis: LoadBox<FixedReplyConversation>?
    if order.count <= Self.maximumKeys { redis = try Rival.redis(.redis, order, folder: folder) }
    defer { redis?.stop() }
    if let redis { rivals.append(redis.rival("GET, Redis, uniform")) }
    var costs = rivals.map { _ in [Double]() }
    for _ in 0..<options.roundCount {
      for (index, rival) in rivals.enumerated() {
        costs[index].append(try rival.closed(.deep, options.seconds).serverMicrosecondsPerCall)
      }
    }
    return zip(rivals, costs).map { (name: $0.name, microseconds: Self.median($1)) }
  }

  private func findings(_ sizes: [Size]) -> Findings {
    var findings = Findings()
    let names = sizes.first?.costs.map(\.name) ?? []
    findings.lines = [Self.row("server us a call, 16 deep; tokens", sizes.map { "\($0.count)" })]
    var series: [Chart.Series] = []
    for name in names {
      let points = sizes.compactMap { size in
        size.costs.first { $0.name == name }.map { (x: Double(size.count), y: $0.microseconds) }
      }
      series.append(Chart.Series(name: name, points: points))
      findings.lines.append(Self.row(name, points.map(\.y), digits: 2))
      guard let last = points.last, let base = points.first(where: { $0.x >= 100_000 }) else {
        continue
      }
      findings.lines.append(
        Self.row("  from \(Int(base.x)) to \(Int(last.x)) times", [last.y / base.y], digits: 2))
    }
    findings.lines.append(
      Self.row("ms from a start to an answer", sizes.map(\.startMilliseconds), digits: 1))
    let chart = Chart(
      title: "Processor time of the server for a call, 16 deep on 50 connections",
      x: .logarithmic("tokens", from: 10_000, to: Double(max(sizes.last?.count ?? 0, 100_000))),
      y: .linear("µs", upTo: series.flatMap { $0.points.map(\.y) }.max() ?? 1), series: series)
    findings.pictures = [("growth", chart.svg)]
    return findings
  }
}
