internal import Platform

/// An open loop on connections of its own, which `OpenLoads` runs beside others.
protocol SteppedLoad: AnyObject {
  /// Opens the connections; the first call is due then.
  func begin(atNanoseconds time: Int64) throws(BenchFailure)
  /// Makes the calls that are due and takes the answers that have come; false once all have.
  func step() throws(BenchFailure) -> Bool
  /// How long the calls took, from when they were due.
  var latencies: Latencies { get }
}

/// Makes calls at a steady rate, and takes each answer as soon as it has come.
final class OpenLoad<Talk: Conversation>: SteppedLoad {
  private let rate: OpenRate
  private let links: [Link]
  private let box: LoadBox<Talk>
  private var poller: Poller
  private var calls: OpenCalls
  private var buffer = [UInt8](repeating: 0, count: 1 << 18)

  init(_ box: LoadBox<Talk>, _ rate: OpenRate, connectionCount: Int) throws(BenchFailure) {
    self.box = box
    self.rate = rate
    var links: [Link] = []
    for index in 0..<connectionCount {
      links.append(try Link(index: index, socketPath: box.socketPaths[0], isBlocking: false))
    }
    self.links = links
    poller = try Poller(capacity: connectionCount)
    calls = OpenCalls(rate, connectionCount: connectionCount, beginNanoseconds: 0)
  }

  var latencies: Latencies { calls.latencies }

  func begin(atNanoseconds time: Int64) throws(BenchFailure) {
    calls = OpenCalls(rate, connectionCount: links.count, beginNanoseconds: time)
    for link in links {
      try box.talk.open(link)
      try poller.watch(link.descriptor, as: link.index)
    }
  }

  func step() throws(BenchFailure) -> Bool {
    while let due = calls.nextDueNanoseconds, due <= Clock.monotonicNanoseconds() {
      let link = links[calls.nextConnection]
      link.outstandingCount += 1
      try box.talk.ask(1, on: link)
      calls.ask()
    }
    // It does not wait: to be woken takes longer than most answers.
    for position in 0..<(try poller.wait(timeoutMilliseconds: 0)) {
      let link = links[poller.key(position)]
      let before = link.outstandingCount
      try link.receive(&box.talk, buffer: &buffer)
      calls.hear(
        before - link.outstandingCount, on: link.index,
        atNanoseconds: Clock.monotonicNanoseconds())
      try box.talk.flush(link)
    }
    return !calls.isOver
  }
}

/// Runs open loops at the same time, in one thread.
enum OpenLoads {
  static func run(_ loads: [any SteppedLoad]) throws(BenchFailure) {
    let begin = Clock.monotonicNanoseconds() + 1_000_000
    for load in loads { try load.begin(atNanoseconds: begin) }
    var running = loads
    while !running.isEmpty {
      var next: [any SteppedLoad] = []
      for load in running where try load.step() { next.append(load) }
      if next.count < running.count { running = next }
    }
  }
}
