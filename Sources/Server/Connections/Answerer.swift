internal import Ledger
internal import Messages
internal import Metrics
internal import Platform
internal import RPC
internal import Services

/// What a worker needs to answer calls: one snapshot, and memory that every call uses again.
struct Answerer: ~Copyable {
  /// What to do with a call.
  enum Outcome {
    /// The encoded answer is in `answer`.
    case answered
    case failed(Status)
    /// It is for the writer.
    case command(Method)
  }

  private let services: PosternServices
  private let table: MethodTable
  private var snapshot: Snapshot
  private var arena: Arena
  private(set) var answer = ByteBuffer()
  private let metrics: WorkerMetrics
  /// When the present call was begun: the end of the one before it, which saves a look at the
  /// clock.
  private var begunNanoseconds: Int64 = 0

  init(
    ledger: Ledger, services: PosternServices, limits: Limits, metrics: WorkerMetrics
  ) throws(StoreError) {
    let snapshot = try ledger.makeSnapshot()
    self.services = services
    self.snapshot = snapshot
    self.metrics = metrics
    table = MethodTable(Method.allCases.map(\.descriptor))
    arena = Arena(initialBytes: 64 << 10, limits: limits.decode)
  }

  /// Notes when a turn of calls begins.
  mutating func beginTurn() { begunNanoseconds = Clock.monotonicNanoseconds() }

  /// Answers a query that arrived at a time of the monotonic clock, or says that the call is
  /// another thread's business.
  mutating func handle(
    _ call: IncomingCall, _ peer: Peer, _ wire: WireProtocol, wallNanoseconds: Int64,
    arrivedNanoseconds: Int64
  ) -> Outcome {
    let match = table.find(service: call.service, method: call.method)
    let outcome = answer(match, call, peer, wallNanoseconds, arrivedNanoseconds)
    let code: StatusCode
    switch outcome {
    case .answered: code = .ok
    case .failed(let status): code = status.code
    case .command: return outcome
    }
    var index: Int?
    if case .method(let found) = match { index = found }
    let now = Clock.monotonicNanoseconds()
    metrics.calls(of: index).answered(wire, code, nanoseconds: now - begunNanoseconds)
    begunNanoseconds = now
    return outcome
  }

  private mutating func answer(
    _ match: MethodTable.Match, _ call: IncomingCall, _ peer: Peer, _ wallNanoseconds: Int64,
    _ arrivedNanoseconds: Int64
  ) -> Outcome {
    let method: Method
    switch match {
    case .method(let index):
      guard let known = Method(rawValue: index) else {
        preconditionFailure("the table holds a method that does not exist")
      }
      method = known
    case .unknownMethod:
      return .failed(Status(.unimplemented, "unknown method", reason: "UNKNOWN_METHOD"))
    case .unknownService:
      return .failed(Status(.unimplemented, "unknown service", reason: "UNKNOWN_SERVICE"))
    }
    if let timeout = call.timeoutNanoseconds,
      Clock.monotonicNanoseconds() - arrivedNanoseconds >= timeout
    {
      return .failed(.deadlineExceeded)
    }
    switch Self.kinds[method.rawValue] {
    case .stream:
      return .failed(
        Status(
          .unimplemented, "streaming calls are not implemented yet",
          reason: "METHOD_NOT_IMPLEMENTED"))
    case .query, .command:
      if call.isStreaming {
        return .failed(Status(.invalidArgument, "the method is unary", reason: "NOT_A_STREAM"))
      }
    }
    if case .command = Self.kinds[method.rawValue] { return .command(method) }
    do {
      try snapshot.refresh(wallNanoseconds: wallNanoseconds)
    } catch {
      return .failed(
        Status(.unavailable, "the ledger can't be read: \(error)", reason: "LEDGER_UNREADABLE"))
    }
    return answer(method, call, peer)
  }

  private mutating func answer(_ method: Method, _ call: IncomingCall, _ peer: Peer) -> Outcome {
    arena.reset()
    answer.removeAll()
    do {
      try services.answer(
        method, call.payload, Call(peer: peer, bearer: call.bearer), snapshot, arena, &answer)
      return .answered
    } catch {
      return .failed(error)
    }
  }

  /// Lets go of the snapshot's pages, before the worker waits.
  mutating func rest() {
    snapshot.release()
    answer.shrink(to: 1 << 20)
  }

  private static let kinds = Method.allCases.map(\.descriptor.kind)
}
