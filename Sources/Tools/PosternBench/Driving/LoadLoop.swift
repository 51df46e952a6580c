internal import Platform

/// Sends requests as fast as the server answers, on one thread, and measures.
///
/// Every connection has `depth` calls in flight: one write sends them, and the next follow when all
/// have been answered. With several connections epoll tells which have answers. A load of one call
/// blocks on its only connection instead, because a second system call would count as the server's
/// time.
struct LoadLoop<Talk: Conversation> {
  let shape: Shape
  private let serverProcessIDs: [Int32]
  private let links: [Link]
  private var limit: RunLimit = .calls(0)
  private var askedCount = 0
  private var buffer = [UInt8](repeating: 0, count: 1 << 18)
  private var latencies: [Int64] = []
  private var now: Int64 = 0
  private var deadline: Int64 = 0

  static var warmUpNanoseconds: Int64 { 50_000_000 }

  /// Connects to a server, or in turn to several.
  init(
    shape: Shape, socketPaths: [String], serverProcessIDs: [Int32]
  ) throws(BenchFailure) {
    self.shape = shape
    self.serverProcessIDs = serverProcessIDs
    var links: [Link] = []
    for index in 0..<shape.connectionCount {
      let path = socketPaths[index % socketPaths.count]
      links.append(try Link(index: index, socketPath: path, isBlocking: shape.isAlone))
    }
    self.links = links
  }

  /// Opens the connections, warms up if the limit is a time, and measures.
  mutating func run(_ talk: inout Talk, until limit: RunLimit) throws(BenchFailure) -> Figure {
    for link in links { try talk.open(link) }
    if case .nanoseconds = limit {
      _ = try pass(&talk, until: .nanoseconds(Self.warmUpNanoseconds))
    }
    return try pass(&talk, until: limit)
  }

  private mutating func pass(
    _ talk: inout Talk, until limit: RunLimit
  ) throws(BenchFailure) -> Figure {
    self.limit = limit
    askedCount = 0
    latencies.removeAll(keepingCapacity: true)
    let serverBegin = serverNanoseconds
    let clientBegin = ProcessorTime.threadNanoseconds()
    now = Clock.monotonicNanoseconds()
    let begin = now
    if case .nanoseconds(let duration) = limit { deadline = begin + duration }
    if shape.isAlone { try exchangeAlone(&talk) } else { try exchange(&talk) }
    return Figure(
      callCount: askedCount, nanoseconds: Clock.monotonicNanoseconds() - begin,
      serverNanoseconds: serverNanoseconds - serverBegin,
      clientNanoseconds: ProcessorTime.threadNanoseconds() - clientBegin, latencies: latencies)
  }

  private var serverNanoseconds: Int64 {
    serverProcessIDs.reduce(0) { $0 + ProcessorTime.nanoseconds(of: $1) }
  }

  private mutating func exchangeAlone(_ talk: inout Talk) throws(BenchFailure) {
    let link = links[0]
    while try ask(&talk, link) {
      while link.outstandingCount > 0 { try link.receive(&talk, buffer: &buffer) }
      now = Clock.monotonicNanoseconds()
      latencies.append(now - link.askedAt)
    }
  }

  private mutating func exchange(_ talk: inout Talk) throws(BenchFailure) {
    var poller = try Poller(capacity: shape.connectionCount)
    var busyCount = 0
    for link in links {
      try poller.watch(link.descriptor, as: link.index)
      if try ask(&talk, link) { busyCount += 1 }
    }
    while busyCount > 0 {
      let readyCount = try poller.wait()
      now = Clock.monotonicNanoseconds()
      for position in 0..<readyCount {
        let link = links[poller.key(position)]
        try link.receive(&talk, buffer: &buffer)
        guard link.outstandingCount == 0 else { continue }
        if try !ask(&talk, link) { busyCount -= 1 }
      }
    }
  }

  /// Makes the next calls on a connection; false if the load is over.
  private mutating func ask(_ talk: inout Talk, _ link: Link) throws(BenchFailure) -> Bool {
    var count = shape.depth
    switch limit {
    case .nanoseconds: if now >= deadline { return false }
    case .calls(let total): count = min(count, total - askedCount)
    }
    guard count > 0 else { return false }
    askedCount += count
    link.outstandingCount = count
    link.askedAt = now
    try talk.ask(count, on: link)
    return true
  }
}

/// The measurement of one run of a load.
struct Figure: Sendable {
  var callCount: Int
  var nanoseconds: Int64
  /// The server's processor time for the same calls.
  var serverNanoseconds: Int64
  /// The client's processor time. If it is near `nanoseconds`, the client is the limit.
  var clientNanoseconds: Int64
  /// The duration of each call in a load with one call at a time; otherwise empty.
  var latencies: [Int64]

  var callsPerSecond: Double { Double(callCount) / Double(max(nanoseconds, 1)) * 1e9 }
  var serverMicrosecondsPerCall: Double {
    Double(serverNanoseconds) / 1e3 / Double(max(callCount, 1))
  }
  var clientShare: Double { Double(clientNanoseconds) / Double(max(nanoseconds, 1)) }
}
