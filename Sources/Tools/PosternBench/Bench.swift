internal import Platform

/// One run: starts the servers, fills them, runs the loads in turns, and reports.
///
/// A round runs every load once, for a short while; every second round runs them backwards.
/// Compared loads run close together. A figure is the median of the rounds, and a ratio the median
/// of the rounds' ratios. So another process that takes the processor for a while affects both
/// sides, and few rounds.
struct Bench {
  private let options: Options
  private let folder: WorkFolder
  private var measures: [Measure] = []

  init(options: Options, folder: WorkFolder) {
    self.options = options
    self.folder = folder
  }

  mutating func run() throws(BenchFailure) -> Report {
    defer { Children.shared.stopAll() }
    let postern = try PosternPeer(folder: folder)
    var report = Report(tokenCount: options.tokenCount)
    let secrets = try issue(postern, &report)
    var generator = SplitMix64(seed: 20_240_229)
    let order = Array(0..<options.tokenCount).shuffled(using: &generator)
    try prepareCalls(of: postern, secrets, order)
    try prepareRedis(order)
    measures = measures.filter { options.only.map($0.name.contains) ?? true }
    measures = [0, 1, 2].flatMap { place in measures.filter { $0.shape.place == place } }
    guard !measures.isEmpty else {
      throw BenchFailure("no load's name holds `\(options.only ?? "")`")
    }
    var figures = [[Figure]](repeating: [], count: measures.count)
    for round in 1...options.roundCount {
      say("round \(round) of \(options.roundCount)")
      let order = round % 2 == 1 ? Array(measures.indices) : measures.indices.reversed()
      for index in order {
        figures[index].append(try measures[index].run(Int64(options.seconds * 1e9)))
      }
    }
    for (measure, rounds) in zip(measures, figures) { report.add(measure.name, rounds) }
    report.anonymousKibibytes = ResidentMemory.anonymousKibibytes(of: postern.process.processID)
    return report
  }

  private func issue(
    _ postern: PosternPeer, _ report: inout Report
  ) throws(BenchFailure) -> SecretStore {
    say("issuing \(options.tokenCount) tokens")
    let load = LoadBox(try IssueConversation(), on: postern)
    report.add("ttrpc-issue-8x32", [try load.run(.streams, until: .calls(options.tokenCount))])
    return load.conversation.secrets
  }

  private mutating func prepareCalls(
    of postern: PosternPeer, _ secrets: SecretStore, _ order: [Int]
  ) throws(BenchFailure) {
    let validate = LoadBox(
      try QueryConversation(.validateToken, secrets: secrets, order: order), on: postern)
    let check = LoadBox(
      try QueryConversation(.check, secrets: secrets, order: order), on: postern)
    for shape in [Shape.deep, .wide, .alone] {
      measures += [validate.measure("ttrpc-validate", shape), check.measure("ttrpc-check", shape)]
    }
    for (name, method) in [("grpc-validate", Method.validateToken), ("grpc-check", .check)] {
      let load = LoadBox(
        try GRPCConversation(method, secrets: secrets, order: order), on: postern)
      measures += [load.measure(name, .streams), load.measure(name, .alone)]
    }
    _ = try validate.run(.alone, until: .calls(1))
    let sample = validate.conversation
    let echo = try EchoPeer(
      folder: folder, requestByteCount: sample.requestByteCount,
      replyByteCount: sample.answerByteCount)
    let load = LoadBox(
      try echo.conversation(), socketPath: echo.socketPath, process: echo.process)
    measures += [Shape.deep, .wide, .alone].map { load.measure("echo", $0) }
  }

  private mutating func prepareRedis(_ order: [Int]) throws(BenchFailure) {
    guard RedisPeer.isInstalled() else { return say("redis-server isn't installed: left out") }
    guard options.only.map({ "redis-50x16 redis-50x1 redis-1x1".contains($0) }) ?? true else {
      return
    }
    let redis = try RedisPeer(folder: folder)
    try redis.load(count: options.tokenCount)
    let load = LoadBox(
      try redis.conversation(order: order), socketPath: redis.socketPath, process: redis.process)
    measures += [Shape.deep, .wide, .alone].map { load.measure("redis", $0) }
  }

  private func say(_ text: String) {
    StandardError.write("PosternBench: \(text)\n")
  }
}

/// One load that is run in every round.
struct Measure {
  /// Server, method and shape, such as `ttrpc-validate-50x16`; `--only` searches it.
  let name: String
  let shape: Shape
  /// Runs the load for a time.
  let run: (_ nanoseconds: Int64) throws(BenchFailure) -> Figure
}

/// Why there are no figures, in one lower-case sentence.
struct BenchFailure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }

  /// A failed system call; `action` says its purpose.
  init(_ action: String, _ error: Errno) {
    description = "can't \(action): \(error)"
  }
}

/// Steele, Lea and Flood's generator: the same seed gives the same order of calls in every run.
struct SplitMix64: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
