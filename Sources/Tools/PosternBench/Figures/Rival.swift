/// A server and what it is asked, as a picture names it.
struct Rival {
  let name: String
  /// Asks as fast as the server answers.
  let closed: (_ shape: Shape, _ seconds: Double) throws(BenchFailure) -> Figure
  /// Asks at a rate on so many connections.
  let open: (_ rate: OpenRate, _ connectionCount: Int) throws(BenchFailure) -> any SteppedLoad
}

extension LoadBox {
  func rival(_ name: String) -> Rival {
    Rival(name: name) { (shape, seconds) throws(BenchFailure) in
      try self.run(shape, until: .nanoseconds(Int64(seconds * 1e9)))
    } open: { (rate, connectionCount) throws(BenchFailure) in
      try OpenLoad(self, rate, connectionCount: connectionCount)
    }
  }
}

extension Rival {
  /// Postern in each way, what is comparable, and the echo, which is the lower bound.
  static func all(
    _ postern: PosternPeer, _ secrets: SecretStore, count: Int, folder: WorkFolder
  ) throws(BenchFailure) -> [Rival] {
    var generator = SplitMix64(seed: 20_240_229)
    let order = Array(0..<count).shuffled(using: &generator)
    let validate = LoadBox(
      try QueryConversation(.validateToken, secrets: secrets, order: order), on: postern)
    let check = LoadBox(
      try QueryConversation(.check, secrets: secrets, order: order), on: postern)
    let grpc = LoadBox(
      try GRPCConversation(.validateToken, secrets: secrets, order: order), on: postern)
    var rivals = [
      validate.rival("ValidateToken, ttrpc"), check.rival("Check, ttrpc"),
      grpc.rival("ValidateToken, gRPC"),
    ]
    for program in RedisPeer.Program.allCases {
      if let box = try redis(program, order, folder: folder) {
        rivals.append(box.rival("GET, \(program.name)"))
      }
    }
    _ = try validate.run(.alone, until: .calls(1))
    let echo = try EchoPeer(
      folder: folder, requestByteCount: validate.conversation.requestByteCount,
      replyByteCount: validate.conversation.answerByteCount)
    let load = LoadBox(
      try echo.conversation(), socketPath: echo.socketPath, process: echo.process)
    return rivals + [load.rival("an echo")]
  }

  /// Redis, or what came of it, with as many keys; nil where it is not installed.
  static func redis(
    _ program: RedisPeer.Program, _ order: [Int], folder: WorkFolder
  ) throws(BenchFailure) -> LoadBox<FixedReplyConversation>? {
    guard RedisPeer.isInstalled(program) else { return nil }
    let redis = try RedisPeer(program, folder: folder)
    try redis.load(count: order.count)
    return LoadBox(
      try redis.conversation(order: order), socketPath: redis.socketPath, process: redis.process)
  }
}
