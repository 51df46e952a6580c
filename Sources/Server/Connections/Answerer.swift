internal import Ledger
internal import Messages
internal import Metrics
internal import Platform
internal import RPC
internal import Services
internal import Tokens

extension RecordMetrics {
  fileprivate func set(_ records: RecordCache) {
    hits.set(records.hits)
    misses.set(records.misses)
    bytes.set(UInt64(records.usedBytes))
  }
}

/// When a call came, by both clocks.
struct Moment {
  let ledger: LedgerTime
  let monotonicNanoseconds: Int64
}

/// What a worker needs to answer calls: one snapshot, and memory that every call uses again.
struct Answerer: ~Copyable {
  /// What becomes of a call.
  enum Outcome {
    /// The encoded answer is in `answer`.
    case answered
    case failed(Status)
    /// It is for the writer or a background thread.
    case command(Method)
    /// It is a query that takes several steps.
    case unfinished(Method, any StreamingCall)
    /// It has begun to stream.
    case opened(Method, any StreamingCall)
  }

  private var services: PosternServices
  let table: MethodTable
  private var snapshot: Snapshot
  /// Until when answers may be given; nil without a fleet.
  private let lease: FleetLease?
  /// Whether it was over at the last look.
  private var isStale = false
  /// Whether what is answered now was read before that look, and the lease was not over: no such
  /// call began later.
  private var isLeaseKnown = false
  private let uses: TokenUses
  private let records: RecordCache?
  private var arena: Arena
  private(set) var answer = ByteBuffer()
  private let metrics: WorkerMetrics
  private let queries: QueryLines
  /// The attempts that were denied here and not handed over yet.
  private var denials = DenialTable()
  /// How long a connection runs before the next, and the longest step of a query.
  private let sliceNanoseconds: Int64
  /// When the present slice ends; zero until its first look at the clock.
  private var sliceEndNanoseconds: Int64 = 0
  /// The last look at the monotonic clock: the end of one call, and with it the beginning of the
  /// next.
  private(set) var clockNanoseconds: Int64 = 0

  init(
    _ context: DaemonContext, _ metrics: WorkerMetrics, queries: QueryLines
  ) throws(StoreError) {
    let limits = context.limits
    let uses = TokenUses(maximumKeys: limits.usageKeys)
    let share = limits.tokenCacheBytes / context.services.status.workerCount
    records = share < RecordCache.minimumByteCount ? nil : RecordCache(byteCount: share)
    let snapshot = try context.ledger.makeSnapshot(uses: uses, records: records)
    self.uses = uses
    lease = context.services.status.fleet?.lease
    services = context.services
    services.kept = metrics.kept
    self.snapshot = snapshot
    self.metrics = metrics
    self.queries = queries
    sliceNanoseconds = limits.sliceNanoseconds
    table = MethodTable(Method.allCases.map(\.descriptor))
    arena = Arena(initialBytes: 64 << 10, limits: limits.decode)
  }

  /// Begins with calls of which nothing more is read before they are answered.
  mutating func beginCalls() {
    isLeaseKnown = false
    lookAtClock()
  }

  /// Reads the clock, before calls and after work that may have taken long.
  mutating func lookAtClock() {
    clockNanoseconds = Clock.monotonicNanoseconds()
    if sliceEndNanoseconds == 0 { sliceEndNanoseconds = clockNanoseconds + sliceNanoseconds }
  }

  /// Begins the time of one connection, with the next look at the clock.
  mutating func beginSlice() { sliceEndNanoseconds = 0 }

  /// Whether that time was over at the last look.
  var isSliceOver: Bool { clockNanoseconds >= sliceEndNanoseconds && sliceEndNanoseconds != 0 }

  /// Answers a query, or says that the call goes elsewhere.
  mutating func answerCall(
    _ call: IncomingCall, from peer: Peer, over wire: WireProtocol, at moment: Moment
  ) -> Outcome {
    let match = table.find(service: call.service, method: call.method)
    let outcome = route(call, to: match, from: peer, at: moment)
    let code: StatusCode
    switch outcome {
    case .answered: code = .ok
    case .failed(let status): code = status.code
    case .command, .unfinished, .opened:
      lookAtClock()
      return outcome
    }
    var index: Int?
    if case .method(let found) = match { index = found }
    let begunNanoseconds = clockNanoseconds
    lookAtClock()
    metrics.calls(of: index)
      .answered(wire, code, nanoseconds: clockNanoseconds - begunNanoseconds)
    return outcome
  }

  private mutating func route(
    _ call: IncomingCall, to match: MethodTable.Match, from peer: Peer, at moment: Moment
  ) -> Outcome {
    let method: Method
    switch match {
    case .method(let index):
      guard let known = Method(rawValue: index) else {
        preconditionFailure("the table holds a method that does not exist")
      }
      method = known
    case .unknownMethod: return .failed(.refused(.unknownMethod))
    case .unknownService: return .failed(.refused(.unknownService))
    }
    // For every method, also for one that needs no credential.
    let credential = call.credential(
      bearerField: Self.descriptors[method.rawValue].bearerField)
    if case .malformed(let refusal) = credential {
      return .failed(
        deny(
          method, Call(peer: peer, credential: credential), because: refusal, at: moment.ledger))
    }
    if let timeout = call.timeoutNanoseconds,
      Clock.monotonicNanoseconds() - moment.monotonicNanoseconds >= timeout
    {
      return .failed(.deadlineExceeded)
    }
    let kind = Self.descriptors[method.rawValue].kind
    if let refusal = Self.misfit(call, kind) { return .failed(.refused(refusal)) }
    switch kind {
    case .command, .background: return .command(method)
    case .query, .stream: break
    }
    if let status = refresh(at: moment.ledger) { return .failed(status) }
    if let distrust, !method.tellsOfHost { return refuseQuery(method, because: distrust) }
    let accepted = Call(peer: peer, credential: credential)
    if case .stream = kind { return openStream(method, payload: call.payload, for: accepted) }
    return answerQuery(method, payload: call.payload, for: accepted)
  }

  /// Moves to the newest revision and its policy, or says why that is not possible.
  private mutating func refresh(at time: LedgerTime) -> Status? {
    snapshot.step = StepBudget(endNanoseconds: clockNanoseconds + sliceNanoseconds)
    // Before the snapshot, and the clock after it: see `FleetLease`.
    let leaseEnd = isLeaseKnown ? nil : lease?.end
    do {
      try snapshot.refresh(at: time)
      services.follow(snapshot)
    } catch {
      return .unreadable(error)
    }
    if let leaseEnd {
      isStale = leaseEnd.remainingNanoseconds <= 0
      isLeaseKnown = !isStale
    }
    return nil
  }

  /// Why no query may be answered from the snapshot; nil where it may.
  private var distrust: Status? {
    if snapshot.isDistrusted { return .contradicted }
    return isStale ? .stale : nil
  }

  private mutating func refuseQuery(_ method: Method, because refusal: Status) -> Outcome {
    arena.reset()
    if let status = services.refuseQuery(method, because: refusal, arena: arena, into: &answer) {
      return .failed(status)
    }
    return .answered
  }

  /// Why a call does not have the shape of its method.
  private static func misfit(_ call: IncomingCall, _ method: MethodDescriptor.Kind) -> Refusal? {
    if call.streamsRequests, !method.streamsRequests { return .notAStream }
    if method.streamsRequests, !call.streamsRequests { return .streamRequired }
    return method.streamsResponses && !call.acceptsStream ? .streamRequired : nil
  }

  private mutating func answerQuery(
    _ method: Method, payload: Span<UInt8>, for call: Call
  ) -> Outcome {
    arena.reset()
    answer.removeAll()
    uses.begin(method: method.rawValue, userID: call.peer.userID)
    do {
      let rest = try services.answerQuery(
        method, payload, for: call, from: snapshot, arena: arena, into: &answer)
      guard let rest else { return .answered }
      return .unfinished(method, try detachQuery(method, rest, payload: payload, for: call))
    } catch {
      let waiting = services.awaitRevision(
        method, payload, for: call, refusedBy: error, in: snapshot)
      if let waiting { return .unfinished(method, waiting) }
      noteDenial(of: method, call, error)
      if error.code == .permissionDenied { uses.noteRefusal() }
      return .failed(error)
    }
  }

  /// The rest of a query that has used up its time, with the snapshot that it began with; or
  /// without one, for later, if it is a long one and another of its user runs.
  private mutating func detachQuery(
    _ method: Method, _ rest: QueryRest, payload: Span<UInt8>, for call: Call
  ) throws(Status) -> any StreamingCall {
    let begun = clockNanoseconds
    lookAtClock()
    let whole = rest.wholeNanoseconds(afterNanoseconds: clockNanoseconds - begun)
    let isLong = whole > Self.slicesOfShortQuery * sliceNanoseconds
    if isLong, queries.isRunning(of: call.peer.userID) {
      return services.holdQuery(
        method, payload, at: rest.next, for: call, from: snapshot, beganNanoseconds: begun,
        answered: answer.bytes)
    }
    let kept: Snapshot
    do { kept = try snapshot.detach() } catch { throw Status.unreadable(error) }
    return try services.continueQuery(
      method, payload, at: rest.next, for: call, in: kept, isLong: isLong, beganNanoseconds: begun,
      answered: answer.bytes, limits: arena.limits)
  }

  /// For how many slices a query may run beside others of its user: 10 ms by default. To wait for
  /// them would cost it more than it would save.
  private static var slicesOfShortQuery: Int64 { 40 }

  private mutating func openStream(
    _ method: Method, payload: Span<UInt8>, for call: Call
  ) -> Outcome {
    arena.reset()
    uses.begin(method: method.rawValue, userID: call.peer.userID)
    do {
      let stream = try services.openStream(
        method, payload, for: call, from: snapshot, arena: arena)
      return .opened(method, stream)
    } catch {
      let waiting = services.awaitRevision(
        method, payload, for: call, refusedBy: error, in: snapshot)
      if let waiting { return .opened(method, waiting) }
      noteDenial(of: method, call, error)
      if error.code == .permissionDenied { uses.noteRefusal() }
      return .failed(error)
    }
  }

  /// Hands a message of the peer's to a streaming call.
  mutating func feedMessage(_ message: Span<UInt8>, to call: any StreamingCall) throws(Status) {
    arena.reset()
    try call.receive(message, arena)
  }

  /// Hands the writer's answer to a streaming call.
  mutating func feedAnswer(
    _ result: Result<WipedBytes, Status>, to call: any StreamingCall
  ) throws(Status) {
    arena.reset()
    switch result {
    case .success(let answer): try call.answered(answer.span, arena)
    case .failure(let status): try call.refused(status)
    }
  }

  /// Takes a step of a streaming call; its message is in `answer`.
  mutating func takeStep(
    of open: OpenStream, at time: LedgerTime, nowNanoseconds: Int64
  ) throws(Status) -> StreamStep {
    isLeaseKnown = false
    if let status = refresh(at: time) { throw status }
    isLeaseKnown = false
    if let distrust, !open.method.tellsOfHost { throw distrust }
    arena.reset()
    answer.removeAll()
    defer { lookAtClock() }
    return try services.takeStep(
      open.call, from: snapshot, nowNanoseconds: nowNanoseconds, arena: arena, into: &answer)
  }

  /// Refuses a call before any method sees it, and counts it, if it was a denied attempt.
  mutating func deny(
    _ method: Method, _ call: Call, because refusal: Refusal, at time: LedgerTime
  ) -> Status {
    // The count needs the time of the attempt, and the user of the token.
    if method.changesSomething { _ = refresh(at: time) }
    noteDenial(of: method, call, .refused(refusal))
    return .refused(refusal)
  }

  /// Counts a call that was refused, if it was a denied attempt.
  private mutating func noteDenial(of method: Method, _ call: Call, _ status: Status) {
    let key = services.denialKey(
      of: method, for: call, status: status, in: snapshot, isTrespass: uses.takeTrespass())
    if let key { denials.add(key, atNanoseconds: snapshot.nowNanoseconds) }
  }

  /// Whether there are denied attempts to hand over.
  var hasDenials: Bool { !denials.isEmpty }

  /// Hands over the denied attempts that were counted; nil for none.
  mutating func takeDenials() -> DenialTable? { denials.take() }

  /// Hands over the uses of tokens that were counted; nil for none.
  func takeUses() -> UsageBatch? { uses.take() }

  /// Begins to bring what calls about these tokens read into the processor's cache.
  func prefetch(_ ids: Span<TokenID>) { snapshot.prefetch(ids) }

  /// Whether nothing has been published since the last look.
  var isNewest: Bool { snapshot.isNewest }

  /// Releases the snapshot's pages and the memory of the last call, before the worker waits.
  mutating func rest() {
    snapshot.release()
    arena.reset()
    answer.removeAll()
    answer.shrink(to: 1 << 20)
    if let records { metrics.records.set(records) }
  }

  private static let descriptors = Method.allCases.map(\.descriptor)
}
