internal import Foundation
internal import Messages
internal import Platform
internal import PosternClient
internal import Synchronization

/// Measures what a use of a kept answer costs, in C and in Swift: `PosternBench kept [ENTRIES]`.
///
/// A figure is the median of many short batches, each of uses of all entries in turn, and beside it
/// the fastest batch: another process that takes the processor only makes a batch slower. The ways
/// take turns. At the end one thread, and then two, each on a processor and with a cache of its
/// own, use what they keep for a while.
struct KeptBench {
  static let role = "kept"
  private static let roundCount = 301
  private static let usesPerBatch = 20_000
  private static let usesPerThread = 10_000_000

  private let socketPath: String
  private let secrets: [[UInt8]]

  /// What a use of one way costs, in nanoseconds.
  struct Figure {
    let way: KeptUses.Way
    let median: Double
    let fastest: Double
  }

  static func run(_ arguments: [String]) throws(BenchFailure) {
    let count = arguments.first.flatMap { Int($0) } ?? 1000
    guard (1...1_000_000).contains(count) else { throw BenchFailure("no such number of entries") }
    let folder = try WorkFolder()
    defer { folder.remove() }
    try Watchdog.start(folder: folder, limitSeconds: 600)
    Affinity.pinAsClient()
    defer { Children.shared.stopAll() }
    let bench = try KeptBench(PosternPeer(folder: folder), count: count)
    print("uses of \(count) kept answers, ns each: median of batches, fastest batch")
    for figure in try bench.measure() {
      let cells = [figure.median, figure.fastest].map { String(format: "%8.1f", $0) }
      print(Self.padded(figure.way.rawValue) + cells.joined())
    }
    print("million uses a second: one thread, two threads on two processors, ratio")
    for way in KeptUses.Way.allCases {
      let rates = [try bench.rate(of: way, threads: 1), try bench.rate(of: way, threads: 2)]
      let cells = (rates.map { $0 / 1e6 } + [rates[1] / rates[0]]).map {
        String(format: "%8.2f", $0)
      }
      print(Self.padded(way.rawValue) + cells.joined())
    }
    Watchdog.yieldToEnd()
  }

  private static func padded(_ name: String) -> String {
    name.padding(toLength: 34, withPad: " ", startingAt: 0)
  }

  init(_ postern: PosternPeer, count: Int) throws(BenchFailure) {
    socketPath = postern.socketPath
    do throws(ClientError) {
      let client = try PosternClient(socketPath: postern.socketPath)
      var secrets: [[UInt8]] = []
      for _ in 0..<count {
        let reply = try client.issueToken {
          $0.setOrganizationID(Method.organization)
          $0.setUserID(Method.user)
        }
        secrets.append(reply.read { Self.copy($0.secret) })
      }
      self.secrets = secrets
    } catch {
      throw BenchFailure("can't issue tokens: \(error)")
    }
  }

  private static func copy(_ bytes: Span<UInt8>) -> [UInt8] { bytes.indices.map { bytes[$0] } }

  /// What a use costs in each way.
  func measure() throws(BenchFailure) -> [Figure] {
    let uses = try KeptUses(socketPath: socketPath, secrets: secrets)
    // The first ones fill what is kept.
    for way in KeptUses.Way.allCases { _ = uses.run(way, count: 2 * secrets.count) }
    var times = [[Double]](repeating: [], count: KeptUses.Way.allCases.count)
    for _ in 0..<Self.roundCount {
      for (index, way) in KeptUses.Way.allCases.enumerated() {
        let begin = Clock.monotonicNanoseconds()
        try Self.use(uses, way, times: Self.usesPerBatch)
        times[index].append(
          Double(Clock.monotonicNanoseconds() - begin) / Double(Self.usesPerBatch))
      }
    }
    return zip(KeptUses.Way.allCases, times).map { way, times in
      let sorted = times.sorted()
      return Figure(way: way, median: sorted[sorted.count / 2], fastest: sorted[0])
    }
  }

  private static func use(
    _ uses: KeptUses, _ way: KeptUses.Way, times count: Int
  ) throws(BenchFailure) {
    let held = uses.run(way, count: count)
    guard held == count else {
      throw BenchFailure("\(way.rawValue): only \(held) of \(count) uses had a yes")
    }
  }

  /// How many uses a second so many threads make together.
  private func rate(of way: KeptUses.Way, threads count: Int) throws(BenchFailure) -> Double {
    let line = StartLine()
    let times = Guarded<[Int64]>([])
    let failures = Guarded<[BenchFailure]>([])
    var threads: [UseThread] = []
    for position in 0..<count {
      let (socketPath, secrets) = (socketPath, secrets)
      do {
        threads.append(
          try UseThread {
            // One thread alone is where the daemon is not.
            Affinity.pin(toPosition: (position + 1) % 2)
            do throws(BenchFailure) {
              let uses = try KeptUses(socketPath: socketPath, secrets: secrets)
              _ = uses.run(way, count: 2 * secrets.count)
              line.ready.add(1, ordering: .releasing)
              while !line.isOpen.load(ordering: .acquiring) {}
              let begin = Clock.monotonicNanoseconds()
              try Self.use(uses, way, times: Self.usesPerThread)
              let time = Clock.monotonicNanoseconds() - begin
              times.withLock { $0.append(time) }
            } catch {
              failures.withLock { $0.append(error) }
              line.ready.add(1, ordering: .releasing)
            }
          })
      } catch { throw BenchFailure("start a thread", error) }
    }
    while line.ready.load(ordering: .acquiring) < count { usleep(1000) }
    line.isOpen.store(true, ordering: .releasing)
    for thread in threads { thread.join() }
    if let failure = failures.withLock({ $0.first }) { throw failure }
    // While all of them used: the slowest says how long that was.
    let longest = times.withLock { $0.max() ?? 1 }
    return Double(count * Self.usesPerThread) / Double(longest) * 1e9
  }
}

/// Where threads wait until all are ready.
private final class StartLine: Sendable {
  let ready = Atomic<Int>(0)
  let isOpen = Atomic<Bool>(false)
}

/// A thread that an array can hold.
private final class UseThread {
  private var thread: NativeThread?

  init(_ body: @escaping @Sendable () -> Void) throws(Errno) {
    thread = try NativeThread(name: "uses", body)
  }

  func join() { thread.take()?.join() }
}
