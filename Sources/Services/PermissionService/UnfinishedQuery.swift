package import Ledger
package import Messages
internal import Permissions
package import RPC

/// Where a query continues whose time was over before it was done.
package struct QueryRest: Sendable {
  /// The next item, by the query's own count.
  package let next: Int
  private let itemCount: Int

  init(next: Int, itemCount: Int) {
    self.next = next
    self.itemCount = itemCount
  }

  /// How long the query takes as a whole, if the items from `next` on take as long as those before,
  /// which took so many nanoseconds.
  package func wholeNanoseconds(afterNanoseconds taken: Int64) -> Int64 {
    taken / Int64(max(next, 1)) * Int64(max(itemCount, next))
  }
}

extension PosternServices {
  /// Continues a query whose step ended at `next`, from the snapshot that it began with. `answered`
  /// is the encoded answer so far, to which the answer of the rest is appended. The snapshot was
  /// the newest at `beganNanoseconds` of the monotonic clock.
  package func continueQuery(
    _ method: Method, _ payload: Span<UInt8>, at next: Int, for call: Call,
    in snapshot: consuming Snapshot, isLong: Bool, beganNanoseconds: Int64,
    answered: Span<UInt8>, limits: DecodeLimits
  ) throws(Status) -> any StreamingCall {
    let asker = Asker(
      peer: call.peer, credential: HeldCredential(copying: call.credential), isLong: isLong,
      beganNanoseconds: beganNanoseconds)
    do {
      switch method {
      case .permissionServiceBatchCheck:
        return UnfinishedBatch(
          self, try KeptMessage(decoding: payload, limits), from: next, for: asker, in: snapshot,
          answered: answered)
      case .permissionServiceListActions:
        return UnfinishedActions(
          self, try KeptMessage(decoding: payload, limits), from: next, for: asker, in: snapshot,
          answered: answered)
      default: preconditionFailure("a query that has no steps was not done after one")
      }
    } catch {
      preconditionFailure("a message that was decoded can't be decoded: \(error)")
    }
  }
}

/// The rest of a query that is too long for one turn of its worker: one decision after another, all
/// of them at the revision and by the policy that it began with.
///
/// Hazard: what it answers is as old as its snapshot. A token that is revoked meanwhile is still
/// good in it, however long the worker's turns with others take. So it ends unanswered once the
/// snapshot is older than a limit, which leaves room for the turns of many others. To begin anew
/// instead would mostly take as long again.
///
/// Hazard: its snapshot keeps old pages, so a worker has few of these at a time, and none for long
/// that costs the ledger too much.
private class UnfinishedQuery: StreamingCall {
  // Each decision looks at the rights of its asker itself, at the revision that it began with.
  let permit = StreamPermit.open
  var isLongQuery: Bool { asker.isLong }
  let services: PosternServices
  private let method: Method
  private var next: Int
  private let asker: Asker
  private var snapshot: Snapshot
  private var answer: WipedBytes
  /// How large the ledger was in the beginning.
  private let ledgerBytes: Int

  /// By how much the ledger may grow while an old snapshot is kept.
  private static var maximumGrowthBytes: Int { 16 << 20 }

  init(
    _ services: PosternServices, _ method: Method, from next: Int, for asker: Asker,
    in snapshot: consuming Snapshot, answered: Span<UInt8>
  ) {
    self.services = services
    self.method = method
    self.next = next
    self.asker = asker
    self.snapshot = snapshot
    answer = WipedBytes(copying: answered)
    ledgerBytes = services.status.ledgerBytes()
  }

  /// Refuses to go on once the snapshot is too old, or has been kept for a tenth of that time and
  /// costs too much: the ledger has only its last pages, or has grown for want of the old ones.
  private func requireTime(_ nowNanoseconds: Int64) throws(Status) {
    let (age, limit) = (nowNanoseconds - asker.beganNanoseconds, services.limits.queryNanoseconds)
    guard age <= limit else {
      throw .queryTime(
        limit,
        "the query took longer than `query-time` (\(limit / 1_000_000) ms), so its answer could be"
          + " out of date")
    }
    guard age > limit / 10 else { return }
    let status = services.status
    guard !status.longReaders.isBarred,
      status.ledgerBytes() - ledgerBytes <= Self.maximumGrowthBytes
    else {
      throw .queryTime(
        limit,
        "the query took longer than a tenth of `query-time` (\(limit / 1_000_000) ms), and the"
          + " ledger needs the pages that it reads")
    }
  }

  func next(
    from newest: borrowing Snapshot, nowNanoseconds: Int64, in arena: borrowing Arena,
    into output: inout ByteBuffer
  ) throws(Status) -> StreamStep {
    try requireTime(nowNanoseconds)
    snapshot.step = newest.step
    snapshot.tokenUses.begin(method: method.rawValue, userID: asker.peer.userID)
    // Encoded messages, one behind the other, are the message that has the items of all.
    output.append(answer.span)
    let rest = try decideRest(from: next, for: asker, in: snapshot, arena: arena, into: &output)
    guard let rest else { return .finished }
    next = rest
    answer = WipedBytes(copying: output.bytes)
    return .yield
  }

  /// Decides from the item `next` on for the time of a step, and appends the encoded answer.
  /// Returns the item to continue at; nil when all are decided.
  func decideRest(
    from next: Int, for asker: Asker, in snapshot: borrowing Snapshot, arena: borrowing Arena,
    into output: inout ByteBuffer
  ) throws(Status) -> Int? {
    preconditionFailure("a query without decisions")
  }
}

extension Status {
  /// A query has taken too long for the limit `query-time`.
  fileprivate static func queryTime(_ nanoseconds: Int64, _ problem: String) -> Status {
    Status(
      .unavailable, "\(problem): ask for fewer items at once, or try again", reason: "QUERY_TIME",
      metadata: [("limit", "query-time"), ("value", "\(nanoseconds / 1_000_000)")],
      retryDelayMilliseconds: 1000)
  }
}

/// The process that asked, the credential that it presented, and when.
private struct Asker {
  let peer: Peer
  let credential: HeldCredential
  /// Whether no other long query of its user may run meanwhile.
  let isLong: Bool
  /// On the monotonic clock.
  let beganNanoseconds: Int64
}

private final class UnfinishedBatch: UnfinishedQuery {
  private let request: KeptMessage<PosternV1.BatchCheckRequest>

  init(
    _ services: PosternServices, _ request: consuming KeptMessage<PosternV1.BatchCheckRequest>,
    from next: Int, for asker: Asker, in snapshot: consuming Snapshot, answered: Span<UInt8>
  ) {
    self.request = request
    super.init(
      services, .permissionServiceBatchCheck, from: next, for: asker, in: snapshot,
      answered: answered)
  }

  override func decideRest(
    from next: Int, for asker: Asker, in snapshot: borrowing Snapshot, arena: borrowing Arena,
    into output: inout ByteBuffer
  ) throws(Status) -> Int? {
    try Self.decideItems(
      of: request, from: next, by: services, for: asker, in: snapshot, arena: arena, into: &output)
  }

  // Static, so that the request is borrowed for the whole call: a class reads its own property for
  // one access at a time, and the exclusivity check refuses to keep it borrowed. Other static twins
  // of a method have the same reason.
  private static func decideItems(
    of request: borrowing KeptMessage<PosternV1.BatchCheckRequest>, from next: Int,
    by services: PosternServices, for asker: Asker, in snapshot: borrowing Snapshot,
    arena: borrowing Arena, into output: inout ByteBuffer
  ) throws(Status) -> Int? {
    let call = Call(peer: asker.peer, credential: asker.credential.borrowed)
    let response = PosternV1.BatchCheckResponse.Builder(in: arena)
    let rest = try services.decideItems(
      of: request.view, from: next, for: call, in: snapshot, into: response)
    response.encode(into: &output)
    return rest
  }
}

private final class UnfinishedActions: UnfinishedQuery {
  private let request: KeptMessage<PosternV1.ListActionsRequest>
  private let actions: [(action: Action, name: String)]

  init(
    _ services: PosternServices, _ request: consuming KeptMessage<PosternV1.ListActionsRequest>,
    from next: Int, for asker: Asker, in snapshot: consuming Snapshot, answered: Span<UInt8>
  ) {
    actions = services.actions(on: request.view.resource)
    self.request = request
    super.init(
      services, .permissionServiceListActions, from: next, for: asker, in: snapshot,
      answered: answered)
  }

  override func decideRest(
    from next: Int, for asker: Asker, in snapshot: borrowing Snapshot, arena: borrowing Arena,
    into output: inout ByteBuffer
  ) throws(Status) -> Int? {
    try Self.decideActions(
      actions, from: next, of: request, by: services, for: asker, in: snapshot, arena: arena,
      into: &output)
  }

  private static func decideActions(
    _ actions: [(action: Action, name: String)], from next: Int,
    of request: borrowing KeptMessage<PosternV1.ListActionsRequest>, by services: PosternServices,
    for asker: Asker, in snapshot: borrowing Snapshot, arena: borrowing Arena,
    into output: inout ByteBuffer
  ) throws(Status) -> Int? {
    let call = Call(peer: asker.peer, credential: asker.credential.borrowed)
    let response = PosternV1.ListActionsResponse.Builder(in: arena)
    let rest = try services.decideActions(
      actions, from: next, of: request.view, for: call, in: snapshot, into: response)
    response.encode(into: &output)
    return rest
  }
}
