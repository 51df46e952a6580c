internal import CEpochs
internal import CKeptBench
internal import Foundation
internal import Messages
internal import Platform
internal import PosternClient

/// Measures what a use of a kept answer costs, in C and in Swift: `PosternBench kept [ENTRIES]`.
///
/// A figure is the median of many short batches, each of uses of all entries in turn, and beside it
/// the fastest batch: another process that takes the processor only makes a batch slower.
struct KeptBench {
  static let role = "kept"
  private static let batchCount = 301
  private static let usesPerBatch = 20_000

  private let client: PosternClient
  private let socketPath: String
  private let secrets: [[UInt8]]

  static func run(_ arguments: [String]) throws(BenchFailure) {
    let count = arguments.first.flatMap { Int($0) } ?? 1000
    guard (1...1_000_000).contains(count) else { throw BenchFailure("no such number of entries") }
    let folder = try WorkFolder()
    defer { folder.remove() }
    try Watchdog.start(folder: folder, limitSeconds: 600)
    Affinity.pinAsClient()
    defer { Children.shared.stopAll() }
    try KeptBench(PosternPeer(folder: folder), count: count).measure()
    Watchdog.yieldToEnd()
  }

  private init(_ postern: PosternPeer, count: Int) throws(BenchFailure) {
    socketPath = postern.socketPath
    do throws(ClientError) {
      client = try PosternClient(socketPath: postern.socketPath)
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

  private func measure() throws(BenchFailure) {
    print("uses of \(secrets.count) kept answers, ns each: median of batches, fastest batch")
    try measureC()
    try measureSwift()
  }

  private func measureC() throws(BenchFailure) {
    let bench = unsafe ckeptbench_make(
      socketPath, UInt32(secrets.count), UInt32(secrets[0].count))
    // SAFETY: freed once, below, and used by this thread alone.
    guard let bench = unsafe bench else { throw BenchFailure("the daemon has no page") }
    defer { unsafe ckeptbench_free(bench) }
    for secret in secrets {
      var keep = try keep(of: secret)
      unsafe ckeptbench_add(bench, secret, &keep)
    }
    for (name, isBySecret) in [("C, by secret", Int32(1)), ("C, by handle", 0)] {
      try report(name) {
        unsafe Int(ckeptbench_use(bench, UInt64(Self.usesPerBatch), isBySecret))
      }
    }
  }

  /// What the answer of ValidateToken rests on.
  private func keep(of secret: [UInt8]) throws(BenchFailure) -> postern_keep {
    var found = postern_keep()
    do throws(ClientError) {
      let reply = try client.validateToken {
        $0.setSecret(secret.span)
        $0.setWantsKeep(true)
      }
      reply.read { answer in
        guard let keep = answer.keep, keep.countersCount == 1 else { return }
        let counter = keep.counters(at: 0)
        found.page = keep.page
        found.until = (keep.until?.seconds ?? 0) * 1_000_000_000
        found.count = 1
        (found.index.0, found.value.0) = (counter.index, counter.value)
      }
    } catch { throw BenchFailure("a call failed: \(error)") }
    guard found.count == 1 else { throw BenchFailure("an answer may not be kept") }
    return found
  }

  private func measureSwift() throws(BenchFailure) {
    let cache = TokenCache(client, socketPath: socketPath, maximumAnswers: 4 * secrets.count)
    let question = CheckQuestion("integration.create")
    let keys = secrets.map { cache.key(of: $0.span) }
    let questionKeys = secrets.map { cache.key(of: $0.span, question) }
    var index = 0
    func uses(_ body: (Int) throws(ClientError) -> Bool) -> Int {
      var held = 0
      for _ in 0..<Self.usesPerBatch {
        index = (index + 619) % secrets.count
        if (try? body(index)) ?? false { held += 1 }
      }
      return held
    }
    func validate(_ index: Int, _ key: TokenCache.Key?) throws(ClientError) -> Bool {
      let secret = secrets[index]
      let answer = try cache.validateToken(secret.span, key: key)
      return answer.read { $0.active }
    }
    func check(_ index: Int, _ key: TokenCache.Key?) throws(ClientError) -> Bool {
      let secret = secrets[index]
      let answer = try cache.check(question, of: secret.span, key: key)
      return answer.read { $0.allowed }
    }
    try report("Swift, ValidateToken by secret") {
      uses { (index) throws(ClientError) in try validate(index, nil) }
    }
    try report("Swift, ValidateToken by key") {
      uses { (index) throws(ClientError) in try validate(index, keys[index]) }
    }
    try report("Swift, Check by secret") {
      uses { (index) throws(ClientError) in try check(index, nil) }
    }
    try report("Swift, Check by key") {
      uses { (index) throws(ClientError) in try check(index, questionKeys[index]) }
    }
    let asked = cache.counts.asked
    print("calls that were needed: \(asked), for \(asked + cache.counts.kept) uses")
  }

  /// Measures batches; each gives how many of its uses had a yes, which all should.
  private func report(_ name: String, _ batch: () -> Int) throws(BenchFailure) {
    // The first ones fill what is kept.
    for _ in 0..<(secrets.count / Self.usesPerBatch + 2) { _ = batch() }
    var times: [Double] = []
    for _ in 0..<Self.batchCount {
      let begin = Clock.monotonicNanoseconds()
      let held = batch()
      times.append(Double(Clock.monotonicNanoseconds() - begin) / Double(Self.usesPerBatch))
      guard held == Self.usesPerBatch else {
        throw BenchFailure("\(name): only \(held) of \(Self.usesPerBatch) uses had a yes")
      }
    }
    times.sort()
    let cells = [times[times.count / 2], times[0]].map { String(format: "%8.1f", $0) }
    print(name.padding(toLength: 34, withPad: " ", startingAt: 0) + cells.joined())
  }
}
