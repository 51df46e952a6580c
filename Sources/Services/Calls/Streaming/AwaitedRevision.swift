package import Ledger
internal import Messages
package import RPC

extension PosternServices {
  /// Lets a call wait that was refused because this host has not reached the revision that it asks
  /// for: in a fleet another host may have it, and it will be here in a moment. Nil where there is
  /// nothing to wait for, and the call stays refused.
  package func awaitRevision(
    _ method: Method, _ payload: Span<UInt8>, for call: Call, refusedBy refusal: Status,
    in snapshot: borrowing Snapshot
  ) -> (any StreamingCall)? {
    guard let revision = refusal.awaitedRevision, let membership = status.fleet,
      revision - snapshot.revision <= AwaitedRevision.maximumDistance,
      payload.count <= AwaitedRevision.maximumBytes
    else { return nil }
    membership.demand()
    return AwaitedRevision(
      revision, of: membership, services: self, method: method, payload: payload, for: call)
  }
}

/// A query, or the opening of a stream, that waits for a revision.
///
/// It waits for a second at most, and for no longer than its deadline, which its connection keeps.
private final class AwaitedRevision: StreamingCall {
  /// What no host can be ahead by: it would have to write a million entries a second for an hour.
  static let maximumDistance: UInt64 = 1 << 32
  /// The most bytes of a request that are kept. A larger one stays refused.
  static let maximumBytes = 64 << 10
  private static let maximumNanoseconds: Int64 = 1_000_000_000

  private let revision: UInt64
  private var services: PosternServices
  private let membership: FleetMembership
  private let method: Method
  private let payload: WipedBytes
  private let peer: Peer
  private let credential: HeldCredential
  /// When it gives up, on the monotonic clock; nil before its first step.
  private var endNanoseconds: Int64?
  private var isDraining = false
  /// The call once the revision was there: the stream, or the rest of a long query.
  private var opened: (any StreamingCall)?

  init(
    _ revision: UInt64, of membership: FleetMembership, services: PosternServices, method: Method,
    payload: Span<UInt8>, for call: Call
  ) {
    self.revision = revision
    self.services = services
    self.membership = membership
    self.method = method
    self.payload = WipedBytes(copying: payload)
    peer = call.peer
    credential = HeldCredential(copying: call.credential)
  }

  // What waits has read nothing yet: the answer, or the opening, looks at the rights of its caller.
  var permit: StreamPermit { opened?.permit ?? .open }

  func stalled(nowNanoseconds: Int64) throws(Status) -> Int64? {
    try opened?.stalled(nowNanoseconds: nowNanoseconds)
  }

  func drain() {
    isDraining = true
    opened?.drain()
  }

  func next(
    from newest: borrowing Snapshot, nowNanoseconds: Int64, in arena: borrowing Arena,
    into output: inout ByteBuffer
  ) throws(Status) -> StreamStep {
    if let opened {
      return try opened.next(
        from: newest, nowNanoseconds: nowNanoseconds, in: arena, into: &output)
    }
    guard newest.revision >= revision else { return try wait(newest, nowNanoseconds) }
    services.follow(newest)
    newest.tokenUses.begin(method: method.rawValue, userID: peer.userID)
    do throws(Status) {
      return try answer(
        from: newest, nowNanoseconds: nowNanoseconds, in: arena, into: &output)
    } catch {
      if error.code == .permissionDenied { newest.tokenUses.noteRefusal() }
      throw error
    }
  }

  private func wait(
    _ newest: borrowing Snapshot, _ nowNanoseconds: Int64
  ) throws(Status) -> StreamStep {
    if isDraining { throw .draining }
    let end = endNanoseconds ?? nowNanoseconds + Self.maximumNanoseconds
    endNanoseconds = end
    guard nowNanoseconds < end else { throw newest.notReached(revision) }
    membership.demand()
    return .wait(forLedger: true, atMostNanoseconds: end - nowNanoseconds)
  }

  private func answer(
    from newest: borrowing Snapshot, nowNanoseconds: Int64, in arena: borrowing Arena,
    into output: inout ByteBuffer
  ) throws(Status) -> StreamStep {
    let (services, payload, credential) = (services, payload, credential)
    var call = Call(peer: peer, credential: credential.borrowed)
    if case .stream = method.descriptor.kind {
      let stream = try services.openStream(
        method, payload.span, for: call, from: newest, arena: arena)
      if isDraining { stream.drain() }
      opened = stream
      return .yield
    }
    let rest = try services.answerQuery(
      method, payload.span, for: call, from: newest, arena: arena, into: &output)
    guard let rest else { return .finished }
    // It takes several steps, all of them from one view: begins anew with a view of its own.
    output.removeAll()
    var own: Snapshot
    do throws(StoreError) {
      own = try newest.another(countingUses: true)
    } catch {
      throw .unreadable(error)
    }
    own.step = newest.step
    call.countedItems = rest.next
    // It may be newer than what the worker reads, and have another policy.
    self.services.follow(own)
    let current = self.services
    opened = try current.beginQuery(
      method, payload.span, for: call, in: own, beganNanoseconds: nowNanoseconds, arena: arena,
      into: &output)
    return opened == nil ? .finished : .yield
  }
}
