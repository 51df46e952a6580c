internal import CEpochs
internal import CKeptBench
internal import Messages
internal import PosternClient

/// Uses kept answers in one thread, as a client in C and as one in Swift.
///
/// `@safe`: the bench in C is this object's own until deinit, and only one thread uses it.
@safe final class KeptUses {
  enum Way: String, CaseIterable, Sendable {
    case cBySecret = "C, ValidateToken by secret"
    case cByHandle = "C, ValidateToken by handle"
    case validateBySecret = "Swift, ValidateToken by secret"
    case validateByKey = "Swift, ValidateToken by key"
    case checkBySecret = "Swift, Check by secret"
    case checkByKey = "Swift, Check by key"
  }

  private let bench: OpaquePointer
  private let cache: TokenCache
  /// All secrets in a row.
  private let secrets: [UInt8]
  private let secretByteCount: Int
  private let count: Int
  private let question = CheckQuestion("integration.create")
  private let keys: [TokenCache.Key]
  private let questionKeys: [TokenCache.Key]
  private var index = 0

  init(socketPath: String, secrets: [[UInt8]]) throws(BenchFailure) {
    let made = unsafe ckeptbench_make(
      socketPath, UInt32(secrets.count), UInt32(secrets[0].count))
    guard let made = unsafe made else { throw BenchFailure("the daemon has no page") }
    unsafe bench = made
    let client: PosternClient
    do throws(ClientError) { client = try PosternClient(socketPath: socketPath) } catch {
      throw BenchFailure("can't connect: \(error)")
    }
    let cache = TokenCache(client, socketPath: socketPath, maximumAnswers: 4 * secrets.count)
    let question = question
    self.cache = cache
    self.secrets = secrets.flatMap { $0 }
    secretByteCount = secrets[0].count
    count = secrets.count
    keys = secrets.map { cache.key(of: $0.span) }
    questionKeys = secrets.map { cache.key(of: $0.span, question) }
    for secret in secrets {
      var keep = try Self.keep(of: secret, client)
      unsafe ckeptbench_add(bench, secret, &keep)
    }
  }

  deinit { unsafe ckeptbench_free(bench) }

  /// What the answer of ValidateToken rests on.
  private static func keep(
    of secret: [UInt8], _ client: PosternClient
  ) throws(BenchFailure) -> postern_keep {
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
        found.until = .max
        if let end = keep.until { found.until = end.seconds * 1_000_000_000 }
        found.count = 1
        (found.index.0, found.value.0) = (counter.index, counter.value)
      }
    } catch { throw BenchFailure("a call failed: \(error)") }
    guard found.count == 1 else { throw BenchFailure("an answer may not be kept") }
    return found
  }

  /// Uses entry after entry, in an order that looks random, and returns how many uses had a yes.
  func run(_ way: Way, count: Int) -> Int {
    switch way {
    case .cBySecret: unsafe Int(ckeptbench_use(bench, UInt64(count), 1))
    case .cByHandle: unsafe Int(ckeptbench_use(bench, UInt64(count), 0))
    case .validateBySecret: validate(count, keys: nil)
    case .validateByKey: validate(count, keys: keys)
    case .checkBySecret: check(count, keys: nil)
    case .checkByKey: check(count, keys: questionKeys)
    }
  }

  private func step() -> Range<Int> {
    index += 619 % count
    if index >= count { index -= count }
    return index * secretByteCount..<(index + 1) * secretByteCount
  }

  private func validate(_ uses: Int, keys: [TokenCache.Key]?) -> Int {
    let secrets = secrets
    let all = secrets.span
    var held = 0
    for _ in 0..<uses {
      let secret = all.extracting(step())
      let isActive = try? cache.validateToken(secret, key: keys?[index]) { $0.active }
      if isActive == true { held += 1 }
    }
    return held
  }

  private func check(_ uses: Int, keys: [TokenCache.Key]?) -> Int {
    let secrets = secrets
    let all = secrets.span
    var held = 0
    for _ in 0..<uses {
      let secret = all.extracting(step())
      let isAllowed = try? cache.check(question, of: secret, key: keys?[index]) { $0.allowed }
      if isAllowed == true { held += 1 }
    }
    return held
  }
}
