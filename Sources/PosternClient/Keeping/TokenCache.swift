internal import CEpochs
public import Messages
internal import Platform

/// A client that keeps the answers of `ValidateToken` and `Check` for exactly as long as they are
/// true, so that most uses cost tens of nanoseconds and no call.
///
///     let cache = try TokenCache(client, socketPath: path)
///     let key = cache.key(of: secret)                   // once for each connection of a caller
///     let answer = try cache.validateToken(secret, key: key)
///     if answer.read({ $0.active }) { ... }             // anew for each request
///
/// Once a revoke, or any other change, was acknowledged to anyone, no use that begins later is
/// answered from before it: the daemon moves counters in memory that it shares, and each use looks
/// at them. Where the daemon shares none, each use is a call.
///
/// Uses of kept answers count like calls: the cache reports them to the daemon about every ten
/// seconds, at a use, and when it ends. It does not wait for the daemon to take a report, but at
/// its end, for a second at most. What a daemon was not told before it or the client died is not
/// counted.
///
/// Secrets are not kept, only their hashes of 128 bits under a key that is random for each cache.
/// A cache belongs to one thread; its memory is bounded, and what was not used for longest goes.
public final class TokenCache {
  /// The client that asks what is not kept. A client that has lost its connection can't be used
  /// again: set another, and the cache goes on.
  public var client: PosternClient

  private let reader: EpochReader
  private let log = UseLog()
  private let hashKey: postern_hash
  private let tokens: KeptTable<KeptAnswer<PosternV1.ValidateTokenResponse>>
  private let decisions: KeptTable<KeptAnswer<PosternV1.CheckResponse>>
  /// How many uses were answered without a call, and how many with one.
  public private(set) var counts = (kept: UInt64(0), asked: UInt64(0))

  /// What stands for a token, or for a question about one, in this cache and no other.
  public struct Key: Sendable, Equatable {
    let low: UInt64
    let high: UInt64

    init(_ hash: postern_hash) { (low, high) = (hash.low, hash.high) }
    var hash: postern_hash { postern_hash(low: low, high: high) }
  }

  /// Keeps answers of the daemon that `client` is connected to.
  ///
  /// - Parameters:
  ///   - client: Asks what is not kept.
  ///   - socketPath: The path of the socket that the client is connected to.
  ///   - maximumAnswers: How many answers are kept of each of the two methods; the next power of
  ///     two counts.
  public init(_ client: PosternClient, socketPath: String, maximumAnswers: Int = 4096) {
    self.client = client
    reader = EpochReader(socketPath: socketPath)
    hashKey = postern_hash(low: SystemRandom.number(), high: SystemRandom.number())
    tokens = KeptTable(minimumCount: maximumAnswers, reader, log) { answer in
      answer.read { Self.receipt($0.keep) }
    }
    decisions = KeptTable(minimumCount: maximumAnswers, reader, log) { answer in
      answer.read { Self.receipt($0.keep) }
    }
    _ = reader.open()
    log.look = { [unowned self] now in
      // While nothing can be sent, the slots have room for all uses of a day.
      if self.client.mayPost || now >= self.log.dayEndNanoseconds { self.reportUses() }
    }
  }

  deinit { finishReport() }

  private static func receipt(_ keep: PosternV1.Keep?) -> [UInt8] {
    guard let keep else { return [] }
    return [UInt8](copying: keep.receipt)
  }

  /// The key of a token's text. Compute it once for each connection of a caller: a use by key
  /// hashes nothing.
  public func key(of secret: Span<UInt8>) -> Key { Key(hash(secret)) }

  /// The key of a question about the bearer of a token.
  public func key(of secret: Span<UInt8>, _ question: CheckQuestion) -> Key {
    let token = hash(secret)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(256)
    for word in [token.low, token.high] { Self.append(word, to: &bytes) }
    for text in question.texts {
      Self.append(UInt64(text.utf8.count), to: &bytes)
      bytes.append(contentsOf: text.utf8)
    }
    return Key(hash(bytes.span))
  }

  private static func append(_ word: UInt64, to bytes: inout [UInt8]) {
    for shift in stride(from: UInt64(0), to: 64, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: word >> shift))
    }
  }

  private func hash(_ bytes: Span<UInt8>) -> postern_hash {
    // SAFETY: the call reads so many bytes and keeps no pointer.
    unsafe bytes.withUnsafeBufferPointer {
      unsafe postern_hash_of(hashKey, $0.baseAddress, $0.count)
    }
  }

  /// Whether answers can be kept.
  private func openPage() -> Bool {
    let page = reader.page
    let isOpen = reader.open()
    if reader.page != page { log.forgetTime() }
    return isOpen
  }

  /// Says whether a token is good, and for whom.
  ///
  /// - Parameters:
  ///   - secret: The text of the token.
  ///   - key: What `key(of:)` gave for this text; nil to compute it now.
  ///   - atLeastRevision: The answer is from this revision or a later one.
  /// - Returns: The answer, for this use alone.
  /// - Throws: `ClientError`, which a caller must take for "not active".
  public func validateToken(
    _ secret: Span<UInt8>, key: Key? = nil, atLeastRevision: UInt64 = 0
  ) throws(ClientError) -> KeptAnswer<PosternV1.ValidateTokenResponse> {
    let hash = key?.hash ?? hash(secret)
    if let kept = tokens.find(hash, atLeastRevision: atLeastRevision) {
      counts.kept &+= 1
      return kept
    }
    counts.asked &+= 1
    let keeps = openPage()
    let answer = KeptAnswer(
      try client.validateToken { request in
        request.setSecret(secret)
        request.setAtLeastRevision(atLeastRevision)
        request.setWantsKeep(keeps)
      })
    let (keep, revision) = answer.read { (postern_keep($0.keep), $0.revision) }
    if let keep, keep.page == reader.page {
      tokens.store(answer, keep, revision: revision, for: hash)
    }
    return answer
  }

  /// Decides whether the bearer of a token may do something.
  ///
  /// - Parameters:
  ///   - question: What it is about.
  ///   - secret: The text of the token.
  ///   - key: What `key(of:_:)` gave for both; nil to compute it now.
  ///   - atLeastRevision: The answer is from this revision or a later one.
  /// - Returns: The answer, for this use alone.
  /// - Throws: `ClientError`, which a caller must take for a deny.
  public func check(
    _ question: CheckQuestion, of secret: Span<UInt8>, key: Key? = nil,
    atLeastRevision: UInt64 = 0
  ) throws(ClientError) -> KeptAnswer<PosternV1.CheckResponse> {
    let hash = (key ?? self.key(of: secret, question)).hash
    if let kept = decisions.find(hash, atLeastRevision: atLeastRevision) {
      counts.kept &+= 1
      return kept
    }
    counts.asked &+= 1
    let keeps = openPage()
    let answer = KeptAnswer(
      try client.check { request in
        question.fill(request, secret)
        request.setAtLeastRevision(atLeastRevision)
        request.setWantsKeep(keeps)
      })
    let (keep, revision) = answer.read { (postern_keep($0.keep), $0.revision) }
    if let keep, keep.page == reader.page {
      decisions.store(answer, keep, revision: revision, for: hash)
    }
    return answer
  }
}

extension TokenCache {
  /// The uses of kept answers that were not reported, because the daemon took no reports for long.
  public var unreportedCount: UInt64 { log.report.lostCount }

  /// Reports the uses so far now, if the client can send: for a cache that will rest. It waits for
  /// nothing.
  public func reportUses() {
    tokens.reportUses()
    decisions.reportUses()
    while !log.report.isEmpty, client.mayPost {
      client.post("postern.v1.AuditService", "ReportUses") {
        (request: PosternV1.ReportUsesRequest.Builder) in log.report.fill(request)
      }
    }
  }

  /// Reports what is left, and waits until the daemon has it.
  private func finishReport() {
    tokens.reportUses()
    decisions.reportUses()
    let timeout = client.timeout
    defer { client.timeout = timeout }
    client.timeout = .seconds(1)
    while !log.report.isEmpty, client.mayCall {
      guard (try? client.reportUses { log.report.fill($0) }) != nil else { return }
    }
  }

  /// How often uses are reported.
  package var reportIntervalNanoseconds: Int64 {
    get { log.intervalNanoseconds }
    set { log.intervalNanoseconds = newValue }
  }
}

/// What is asked about the bearer of a token. An empty text is absent, see `CheckRequest`.
public struct CheckQuestion: Sendable {
  /// The action, `<resource type>.<verb>`.
  public var action: String
  /// The type of the resource; empty for that of the action.
  public var resourceType: String
  /// The id of the resource; empty for none in particular.
  public var resourceID: String
  /// The organization of the resource; empty for the bearer's own.
  public var organizationID: String
  /// The user that the action is about; empty for none.
  public var targetUserID: String

  /// A question.
  public init(
    _ action: String, resourceType: String = "", resourceID: String = "",
    organizationID: String = "", targetUserID: String = ""
  ) {
    self.action = action
    self.resourceType = resourceType
    self.resourceID = resourceID
    self.organizationID = organizationID
    self.targetUserID = targetUserID
  }

  var texts: [String] { [action, resourceType, resourceID, organizationID, targetUserID] }

  func fill(_ request: PosternV1.CheckRequest.Builder, _ secret: Span<UInt8>) {
    request.setTokenSecret(secret)
    request.setAction(action)
    if !targetUserID.isEmpty { request.setTargetUserID(targetUserID) }
    guard !(resourceType + resourceID + organizationID).isEmpty else { return }
    request.makeResource().set(self)
  }
}

extension PosternV1.ResourceReference.Builder {
  fileprivate func set(_ question: CheckQuestion) {
    setType(question.resourceType)
    setID(question.resourceID)
    setOrganizationID(question.organizationID)
  }
}
