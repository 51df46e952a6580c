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
    switch method {
    case .permissionServiceBatchCheck:
      do {
        return UnfinishedBatch(
          self, try KeptMessage(decoding: payload, limits), from: next, call, snapshot, answered)
      } catch {
        preconditionFailure("a message that was decoded can't be decoded: \(error)")
      }
    default: preconditionFailure("a query that has no steps was not done after one")
    }
  }
}

/// The rest of a batch that is too long for one turn of its worker. All of it is decided at the
/// revision that it began with, by the policy of then.
///
/// Hazard: its snapshot keeps old pages, so a worker has few of these at a time.
private final class UnfinishedBatch: StreamingCall {
  // Each item looks at the rights of its asker itself, at the revision that the call began with.
  let permit = StreamPermit.open
  private let services: PosternServices
  private let request: KeptMessage<PosternV1.BatchCheckRequest>
  private var next: Int
  private let peer: Peer
  private let credential: HeldCredential
  private var snapshot: Snapshot
  private var answer: WipedBytes

  init(
    _ services: PosternServices, _ request: consuming KeptMessage<PosternV1.BatchCheckRequest>,
    from next: Int, _ call: Call, _ snapshot: consuming Snapshot, _ answered: Span<UInt8>
  ) {
    self.services = services
    self.request = request
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
    snapshot.tokenUses.begin(
      method: Method.permissionServiceBatchCheck.rawValue, userID: peer.userID)
    // Encoded messages, one behind the other, are the message that has the items of all.
    output.append(answer.span)
    let rest = try Self.decide(
      services, request, from: next, peer, credential, snapshot, arena, &output)
    guard let rest else { return .finished }
    next = rest
    answer = WipedBytes(copying: output.bytes)
    return .yield
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
