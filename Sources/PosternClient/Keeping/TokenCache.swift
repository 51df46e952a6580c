internal import CEpochs
public import Messages

/// A client that keeps the answers of `ValidateToken` and `Check` for exactly as long as they are
/// true, so that most uses cost tens of nanoseconds and no call.
///
///     let cache = try TokenCache(client, socketPath: path)
///     let key = cache.key(of: secret)                   // once for each connection of a caller
///     if try cache.validateToken(secret, key: key, { $0.active }) { ... }   // for each request
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
/// Secrets are not kept, only their hashes under a key that is random for each cache: two are the
/// same with a probability of 2^-128. A cache belongs to one thread; its memory is bounded, and
/// what was not used for longest goes.
public final class TokenCache {
  /// The client that asks what is not kept. A client that has lost its connection can't be used
  /// again: set another, and the cache goes on.
  public var client: PosternClient

  private let reader: EpochReader
  private let log = UseLog()
  private let hasher = EntryHasher()
  private let tokens: KeptTable<PosternV1.ValidateTokenResponse>
  private let decisions: KeptTable<PosternV1.CheckResponse>
  /// How many uses were answered without a call, and how many with one.
  public var counts: (kept: UInt64, asked: UInt64) {
    (kept: tokens.useCount &+ decisions.useCount, asked: askedCount)
  }
  private var askedCount: UInt64 = 0

  /// What stands for a token, or for a question about one, in this cache and no other.
  public struct Key: Sendable, Equatable {
    private let place: UInt64
    private let tag: SIMD4<UInt64>

    init(_ hash: postern_hash) {
      place = hash.place
      tag = SIMD4(hash.tag.0, hash.tag.1, hash.tag.2, hash.tag.3)
    }

    var hash: postern_hash { postern_hash(place: place, tag: (tag[0], tag[1], tag[2], tag[3])) }
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
    tokens = KeptTable(minimumCount: maximumAnswers, reader, log) { Self.receipt($0.keep) }
    decisions = KeptTable(minimumCount: maximumAnswers, reader, log) { Self.receipt($0.keep) }
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
  public func key(of secret: Span<UInt8>) -> Key { Key(hasher.hash(of: secret)) }

  /// The key of a question about the bearer of a token.
  public func key(of secret: Span<UInt8>, _ question: CheckQuestion) -> Key {
    Key(hasher.hash(of: secret, question))
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
  ///   - read: Is lent the answer, for this use alone, and must not use the cache.
  /// - Returns: What `read` returns.
  /// - Throws: `ClientError`, which a caller must take for "not active".
  @inlinable
  public func validateToken<Result>(
    _ secret: Span<UInt8>, key: Key? = nil, atLeastRevision: UInt64 = 0,
    _ read: (PosternV1.ValidateTokenResponse) -> Result
  ) throws(ClientError) -> Result {
    var result: Result?
    try lendToken(secret, key: key, atLeastRevision: atLeastRevision) { result = read($0) }
    guard let result else { preconditionFailure("an answer was not lent") }
    return result
  }

  @usableFromInline
  func lendToken(
    _ secret: Span<UInt8>, key: Key?, atLeastRevision: UInt64,
    to read: (PosternV1.ValidateTokenResponse) -> Void
  ) throws(ClientError) {
    let hash = key?.hash ?? hasher.hash(of: secret)
    if tokens.lend(hash, atLeastRevision: atLeastRevision, to: read) { return }
    askedCount &+= 1
    let keeps = openPage()
    let reply = try client.validateToken { request in
      request.setSecret(secret)
      request.setAtLeastRevision(atLeastRevision)
      request.setWantsKeep(keeps)
    }
    reply.read(read)
    let (keep, revision) = reply.read { (postern_keep($0.keep), $0.revision) }
    if let keep, keep.page == reader.page {
      tokens.store(reply, keep, revision: revision, for: hash)
    }
  }

  /// Decides whether the bearer of a token may do something.
  ///
  /// - Parameters:
  ///   - question: What it is about.
  ///   - secret: The text of the token.
  ///   - key: What `key(of:_:)` gave for both; nil to compute it now.
  ///   - atLeastRevision: The answer is from this revision or a later one.
  ///   - read: Is lent the answer, for this use alone, and must not use the cache.
  /// - Returns: What `read` returns.
  /// - Throws: `ClientError`, which a caller must take for a deny.
  @inlinable
  public func check<Result>(
    _ question: CheckQuestion, of secret: Span<UInt8>, key: Key? = nil,
    atLeastRevision: UInt64 = 0, _ read: (PosternV1.CheckResponse) -> Result
  ) throws(ClientError) -> Result {
    var result: Result?
    try lendDecision(question, of: secret, key: key, atLeastRevision: atLeastRevision) {
      result = read($0)
    }
    guard let result else { preconditionFailure("an answer was not lent") }
    return result
  }

  @usableFromInline
  func lendDecision(
    _ question: CheckQuestion, of secret: Span<UInt8>, key: Key?, atLeastRevision: UInt64,
    to read: (PosternV1.CheckResponse) -> Void
  ) throws(ClientError) {
    let hash = key?.hash ?? hasher.hash(of: secret, question)
    if decisions.lend(hash, atLeastRevision: atLeastRevision, to: read) { return }
    askedCount &+= 1
    let keeps = openPage()
    let reply = try client.check { request in
      question.fill(request, secret)
      request.setAtLeastRevision(atLeastRevision)
      request.setWantsKeep(keeps)
    }
    reply.read(read)
    let (keep, revision) = reply.read { (postern_keep($0.keep), $0.revision) }
    if let keep, keep.page == reader.page {
      decisions.store(reply, keep, revision: revision, for: hash)
    }
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
