package import Ledger
package import Messages
internal import Permissions
package import RPC

extension PosternServices {
  /// Goes on with a query whose step ended at `next`, from the snapshot that it began with:
  /// `answered` is the encoded answer so far, to which that of the rest is joined.
  package func goOn(
    with method: Method, from next: Int, _ payload: Span<UInt8>, _ call: Call,
    _ snapshot: consuming Snapshot, answered: Span<UInt8>, _ limits: DecodeLimits
  ) throws(Status) -> any StreamingCall {
    do {
      switch method {
      case .permissionServiceBatchCheck:
        return UnfinishedBatch(
          self, try KeptMessage(decoding: payload, limits), from: next, call, snapshot, answered)
      case .permissionServiceListActions:
        return UnfinishedActions(
          self, try KeptMessage(decoding: payload, limits), from: next, call, snapshot, answered)
      default: preconditionFailure("a query that has no steps was not done after one")
      }
    } catch {
      preconditionFailure("a message that was decoded can't be decoded: \(error)")
    }
  }
}

/// The rest of a query that is too long for one turn of its worker: one decision after another, all
/// of them at the revision that it began with, by the policy of then.
///
/// Hazard: its snapshot keeps old pages, so a worker has few of these at a time.
private class UnfinishedQuery: StreamingCall {
  // Each decision looks at the rights of its asker itself, at the revision that it began with.
  let permit = StreamPermit.open
  private let method: Method
  private var next: Int
  private let peer: Peer
  private let credential: HeldCredential
  private var snapshot: Snapshot
  private var answer: WipedBytes

  init(
    _ method: Method, from next: Int, _ call: Call, _ snapshot: consuming Snapshot,
    _ answered: Span<UInt8>
  ) {
    self.method = method
    self.next = next
    peer = call.peer
    credential = HeldCredential(copying: call.credential)
    self.snapshot = snapshot
    answer = WipedBytes(copying: answered)
  }

  func next(
    _ newest: borrowing Snapshot, nowNanoseconds: Int64, _ arena: borrowing Arena,
    _ output: inout ByteBuffer
  ) throws(Status) -> StreamStep {
    snapshot.step = newest.step
    snapshot.tokenUses.begin(method: method.rawValue, userID: peer.userID)
    // Encoded messages, one behind the other, are the message that has the items of all.
    output.append(answer.span)
    guard let rest = try decide(from: next, peer, credential, snapshot, arena, &output) else {
      return .finished
    }
    next = rest
    answer = WipedBytes(copying: output.bytes)
    return .yield
  }

  /// Decides from one on for the time of a step, and appends the encoded answer. Returns where to
  /// go on; nil when all is decided.
  func decide(
    from next: Int, _ peer: Peer, _ credential: HeldCredential, _ snapshot: borrowing Snapshot,
    _ arena: borrowing Arena, _ output: inout ByteBuffer
  ) throws(Status) -> Int? {
    preconditionFailure("a query without decisions")
  }
}

private final class UnfinishedBatch: UnfinishedQuery {
  private let services: PosternServices
  private let request: KeptMessage<PosternV1.BatchCheckRequest>

  init(
    _ services: PosternServices, _ request: consuming KeptMessage<PosternV1.BatchCheckRequest>,
    from next: Int, _ call: Call, _ snapshot: consuming Snapshot, _ answered: Span<UInt8>
  ) {
    self.services = services
    self.request = request
    super.init(.permissionServiceBatchCheck, from: next, call, snapshot, answered)
  }

  override func decide(
    from next: Int, _ peer: Peer, _ credential: HeldCredential, _ snapshot: borrowing Snapshot,
    _ arena: borrowing Arena, _ output: inout ByteBuffer
  ) throws(Status) -> Int? {
    try Self.decide(services, request, from: next, peer, credential, snapshot, arena, &output)
  }

  private static func decide(
    _ services: PosternServices,
    _ request: borrowing KeptMessage<PosternV1.BatchCheckRequest>, from next: Int, _ peer: Peer,
    _ credential: HeldCredential, _ snapshot: borrowing Snapshot, _ arena: borrowing Arena,
    _ output: inout ByteBuffer
  ) throws(Status) -> Int? {
    let call = Call(peer: peer, credential: credential.borrowed)
    let response = PosternV1.BatchCheckResponse.Builder(in: arena)
    let rest = try services.decide(request.view, from: next, call, snapshot, response)
    response.encode(into: &output)
    return rest
  }
}

private final class UnfinishedActions: UnfinishedQuery {
  private let services: PosternServices
  private let request: KeptMessage<PosternV1.ListActionsRequest>
  private let actions: [(action: Action, name: String)]

  init(
    _ services: PosternServices, _ request: consuming KeptMessage<PosternV1.ListActionsRequest>,
    from next: Int, _ call: Call, _ snapshot: consuming Snapshot, _ answered: Span<UInt8>
  ) {
    self.services = services
    actions = services.actions(on: request.view.resource)
    self.request = request
    super.init(.permissionServiceListActions, from: next, call, snapshot, answered)
  }

  override func decide(
    from next: Int, _ peer: Peer, _ credential: HeldCredential, _ snapshot: borrowing Snapshot,
    _ arena: borrowing Arena, _ output: inout ByteBuffer
  ) throws(Status) -> Int? {
    try Self.decide(
      services, request, actions, from: next, peer, credential, snapshot, arena, &output)
  }

  private static func decide(
    _ services: PosternServices,
    _ request: borrowing KeptMessage<PosternV1.ListActionsRequest>,
    _ actions: [(action: Action, name: String)], from next: Int, _ peer: Peer,
    _ credential: HeldCredential, _ snapshot: borrowing Snapshot, _ arena: borrowing Arena,
    _ output: inout ByteBuffer
  ) throws(Status) -> Int? {
    let call = Call(peer: peer, credential: credential.borrowed)
    let response = PosternV1.ListActionsResponse.Builder(in: arena)
    let rest = try services.decide(
      request.view, on: actions, from: next, call, snapshot, response)
    response.encode(into: &output)
    return rest
  }
}
