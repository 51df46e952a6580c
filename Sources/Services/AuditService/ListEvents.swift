internal import Ledger
internal import Messages
internal import Permissions
internal import RPC

extension PosternServices {
  // For whoever may read it (`audit.read`), and a user about itself.
  func listEvents(
    _ request: PosternV1.ListEventsRequest, _ call: Call, _ snapshot: borrowing Snapshot
  ) throws(Status) -> any StreamingCall {
    let filter = try EventFilter(from: request)
    let caller = try authenticate(call, snapshot)
    try requireReader(caller, filter, snapshot)
    guard request.fromRevision <= snapshot.revision else {
      throw outOfRange(request.fromRevision, newest: snapshot.revision)
    }
    return ListEvents(
      LogScan(self, filter, from: max(1, request.fromRevision)), through: snapshot.revision,
      limit: request.limit == 0 ? Int.max : Int(clamping: request.limit))
  }

  /// Refuses the call unless its caller may read what the filter selects.
  func requireReader<State: LedgerState & ~Copyable>(
    _ caller: Caller, _ filter: EventFilter, _ state: borrowing State
  ) throws(Status) {
    // Also of an organization that is no more.
    if caller.isOperator { return }
    guard !filter.organizationID.isEmpty else {
      return try requireOperator(caller, "reading about every organization")
    }
    if caller.isUser(filter.userID.span, of: filter.organizationID.span) { return }
    try authorize(caller, "audit.read", Target(filter.organizationID.span), state)
    try requireOrganization(filter.organizationID.span, state)
  }

  func outOfRange(_ revision: UInt64, newest: UInt64) -> Status {
    Status(
      .outOfRange, "revision \(revision) is not there yet: the newest is \(newest)",
      reason: "REVISION_OUT_OF_RANGE", metadata: [("revision", "\(newest)")])
  }
}

/// Sends what was there when the call began.
private final class ListEvents: StreamingCall {
  private var scan: LogScan
  private let last: UInt64
  private var remaining: Int
  private var isToldTheEnd = false

  /// The number of entries after which a search that finds nothing says that it goes on.
  private static let entriesPerSign: UInt64 = 100_000
  private var told: UInt64

  init(_ scan: LogScan, through last: UInt64, limit: Int) {
    self.scan = scan
    self.last = last
    remaining = limit
    told = scan.next
  }

  func next(
    _ snapshot: borrowing Snapshot, nowNanoseconds: Int64, _ arena: borrowing Arena,
    _ output: inout ByteBuffer
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
    response.setRevision(scan.next - 1)
    response.encode(into: &output)
    return .message
  }
}
