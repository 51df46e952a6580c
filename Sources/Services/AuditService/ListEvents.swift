internal import Identifiers
internal import Ledger
internal import Messages
internal import Permissions
internal import RPC

extension PosternServices {
  // For callers that may read it (`audit.read`), and a user about itself.
  func listEvents(
    _ request: PosternV1.ListEventsRequest, for call: Call, from snapshot: borrowing Snapshot
  ) throws(Status) -> any StreamingCall {
    var filter = try EventFilter(from: request)
    let permit = try permit(reading: &filter, call, snapshot)
    guard request.fromRevision <= snapshot.revision else {
      throw outOfRange(request.fromRevision, newest: snapshot.revision)
    }
    return ListEvents(
      permit, LogScan(self, filter, from: max(1, request.fromRevision)), through: snapshot.revision,
      limit: request.limit == 0 ? Int.max : Int(clamping: request.limit))
  }

  /// The permit of a call that reads the log. Limits the filter to what the caller may see.
  func permit(
    reading filter: inout EventFilter, _ call: Call, _ snapshot: borrowing Snapshot
  ) throws(Status) -> StreamPermit {
    let caller = try authenticate(call, in: snapshot)
    let permit = StreamPermit(
      caller, .audit(organizationID: filter.organizationID, userID: filter.userID))
    try require(permit, snapshot)
    let organization = filter.organizationID
    filter.horizon = horizon(
      of: caller, for: "audit.read", in: OrganizationID(storedOrEmpty: organization.span), snapshot)
    return permit
  }

  /// Refuses the call unless its caller may read the log about an organization, or without one
  /// about all of them, and about a user of it, or without one about all.
  func requireReader<State: LedgerState & ~Copyable>(
    _ caller: Caller, of organization: OrganizationID?, about user: UserID?,
    in state: borrowing State
  ) throws(Status) {
    // An operator may read about a deleted organization too.
    if caller.isOperator { return }
    guard let organization else {
      return try requireOperator(caller, "reading about every organization")
    }
    if let user, caller.isUser(user, of: organization) { return }
    try authorize(caller, "audit.read", on: Target(in: organization), in: state)
    try requireOrganization(organization, in: state)
  }

  func outOfRange(_ revision: UInt64, newest: UInt64) -> Status {
    Status(
      .outOfRange, "revision \(revision) is not there yet: the newest is \(newest)",
      reason: "REVISION_OUT_OF_RANGE", metadata: [("revision", "\(newest)")])
  }
}

/// Sends what was there when the call began.
private final class ListEvents: StreamingCall {
  let permit: StreamPermit
  private var scan: LogScan
  private let last: UInt64
  private var remaining: Int
  private var isToldTheEnd = false

  /// The number of entries after which a search that finds nothing sends a message, to show that it
  /// continues.
  private static let entriesPerSign: UInt64 = 100_000
  private var told: UInt64

  init(_ permit: StreamPermit, _ scan: LogScan, through last: UInt64, limit: Int) {
    self.permit = permit
    self.scan = scan
    self.last = last
    remaining = limit
    told = scan.next
  }

  func next(
    from snapshot: borrowing Snapshot, nowNanoseconds: Int64, in arena: borrowing Arena,
    into output: inout ByteBuffer
  ) throws(Status) -> StreamStep {
    if isToldTheEnd { return .finished }
    let response = PosternV1.ListEventsResponse.Builder(in: arena)
    let count = scan.read(snapshot, through: last, limit: remaining, into: response)
    remaining -= count
    isToldTheEnd = scan.next > last || remaining == 0
    guard count > 0 || isToldTheEnd || scan.next - told >= Self.entriesPerSign else {
      return .yield
    }
    told = scan.next
    response.stamp(scan.next - 1, snapshot)
    response.encode(into: &output)
    return .message
  }
}
