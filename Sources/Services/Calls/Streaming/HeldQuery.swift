package import Ledger
internal import Messages
package import RPC

extension PosternServices {
  /// Holds a long query back while another one of its user runs. Its first step ended at `next`;
  /// `answered` is the encoded answer so far. The snapshot was the newest at `beganNanoseconds` of
  /// the monotonic clock.
  package func holdQuery(
    _ method: Method, _ payload: Span<UInt8>, at next: Int, for call: Call,
    from snapshot: borrowing Snapshot, beganNanoseconds: Int64, answered: Span<UInt8>
  ) -> any StreamingCall {
    let first = HeldQuery.FirstStep(
      next: next, revision: snapshot.revision, beganNanoseconds: beganNanoseconds,
      answer: WipedBytes(copying: answered))
    return HeldQuery(method, payload, for: call, behind: first, services: self)
  }

  /// Answers a query from a view of its own. Returns the rest if it takes further steps, else nil.
  func beginQuery(
    _ method: Method, _ payload: Span<UInt8>, for call: Call, in own: consuming Snapshot,
    beganNanoseconds: Int64, arena: borrowing Arena, into output: inout ByteBuffer
  ) throws(Status) -> (any StreamingCall)? {
    let answered = try answerQuery(
      method, payload, for: call, from: own, arena: arena, into: &output)
    guard let answered else { return nil }
    let rest = try continueQuery(
      method, payload, at: answered.next, for: call, in: own, isLong: true,
      beganNanoseconds: beganNanoseconds, answered: output.bytes, limits: arena.limits)
    output.removeAll()
    return rest
  }
}

/// A long query that waits until those of the same user before it have ended.
///
/// Long queries that share the time of a worker all become out of date before any of them is done:
/// a hundred of half a second each would all be refused. One after the other, each is answered. So
/// one that waits keeps no snapshot. It goes on behind its first step if nothing has changed since
/// and that was not long ago; otherwise it begins anew, and its age counts from then.
private final class HeldQuery: StreamingCall {
  /// What was decided before it had to wait.
  struct FirstStep {
    let next: Int
    let revision: UInt64
    let beganNanoseconds: Int64
    let answer: WipedBytes
  }

  let isLongQuery = true
  private var services: PosternServices
  private let method: Method
  private let payload: WipedBytes
  private let first: FirstStep
  private let peer: Peer
  private let credential: HeldCredential
  private var isDraining = false
  /// The rest of the query once it has begun.
  private var rest: (any StreamingCall)?

  init(
    _ method: Method, _ payload: Span<UInt8>, for call: Call, behind first: FirstStep,
    services: PosternServices
  ) {
    self.services = services
    self.method = method
    self.payload = WipedBytes(copying: payload)
    self.first = first
    peer = call.peer
    credential = HeldCredential(copying: call.credential)
  }

  // What waits has read nothing: the answer looks at the rights of its caller.
  let permit = StreamPermit.open

  func drain() { isDraining = true }

  func next(
    from newest: borrowing Snapshot, nowNanoseconds: Int64, in arena: borrowing Arena,
    into output: inout ByteBuffer
  ) throws(Status) -> StreamStep {
    if let rest {
      return try rest.next(from: newest, nowNanoseconds: nowNanoseconds, in: arena, into: &output)
    }
    if isDraining { throw .draining }
    var own: Snapshot
    do throws(StoreError) {
      own = try newest.another(countingUses: true)
    } catch {
      throw .unreadable(error)
    }
    own.step = newest.step
    // It may be newer than what the worker reads, and have another policy.
    services.follow(own)
    let (services, payload, credential, first) = (services, payload, credential, first)
    var call = Call(peer: peer, credential: credential.borrowed)
    // Half of its time is left, in which other users have their turns too.
    if own.revision == first.revision,
      nowNanoseconds - first.beganNanoseconds < services.limits.queryNanoseconds / 2
    {
      rest = try services.continueQuery(
        method, payload.span, at: first.next, for: call, in: own, isLong: true,
        beganNanoseconds: first.beganNanoseconds, answered: first.answer.span, limits: arena.limits)
      return .yield
    }
    call.countedItems = first.next
    own.tokenUses.begin(method: method.rawValue, userID: peer.userID)
    do throws(Status) {
      rest = try services.beginQuery(
        method, payload.span, for: call, in: own, beganNanoseconds: nowNanoseconds, arena: arena,
        into: &output)
    } catch {
      if error.code == .permissionDenied { newest.tokenUses.noteRefusal() }
      throw error
    }
    return rest == nil ? .finished : .yield
  }
}
