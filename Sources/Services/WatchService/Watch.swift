internal import Ledger
internal import Messages
internal import RPC

extension PosternServices {
  // For callers that may read the audit (`audit.read`).
  func watch(
    _ request: PosternV1.WatchRequest, for call: Call, from snapshot: borrowing Snapshot
  ) throws(Status) -> any StreamingCall {
    var filter = try EventFilter(from: request)
    let heartbeat = try heartbeatNanoseconds(request)
    let permit = try permit(reading: &filter, call, snapshot)
    let next = snapshot.revision + 1
    guard request.fromRevision <= next else {
      throw outOfRange(request.fromRevision, newest: snapshot.revision)
    }
    let from = request.fromRevision == 0 ? next : request.fromRevision
    return Watch(permit, LogScan(self, filter, from: from), heartbeatNanoseconds: heartbeat)
  }

  private func heartbeatNanoseconds(
    _ request: PosternV1.WatchRequest
  ) throws(Status) -> Int64 {
    guard let interval = request.heartbeatInterval else { return 30_000_000_000 }
    guard (1...86_400).contains(interval.seconds), (0..<1_000_000_000).contains(interval.nanos)
    else {
      throw Fields.invalid(
        "`heartbeat_interval` must be from 1 second to a day", "heartbeat_interval")
    }
    return interval.seconds * 1_000_000_000 + Int64(interval.nanos)
  }
}

/// Sends the entries that are there, and then each new one.
private final class Watch: StreamingCall {
  let permit: StreamPermit
  private var scan: LogScan
  private let heartbeatNanoseconds: Int64
  /// When a message was last sent; nil before the first, which says that the watch stands.
  private var sentNanoseconds: Int64?
  private var isDraining = false

  init(_ permit: StreamPermit, _ scan: LogScan, heartbeatNanoseconds: Int64) {
    self.permit = permit
    self.scan = scan
    self.heartbeatNanoseconds = heartbeatNanoseconds
  }

  func drain() { isDraining = true }

  func next(
    from snapshot: borrowing Snapshot, nowNanoseconds: Int64, in arena: borrowing Arena,
    into output: inout ByteBuffer
  ) throws(Status) -> StreamStep {
    if isDraining { throw .draining }
    let response = PosternV1.WatchResponse.Builder(in: arena)
    let count = scan.read(snapshot, through: snapshot.revision, into: response)
    let isWholly = scan.next > snapshot.revision
    let silence = sentNanoseconds.map { nowNanoseconds - $0 }
    guard count > 0 || (isWholly && silence ?? .max >= heartbeatNanoseconds) else {
      guard isWholly, let silence else { return .yield }
      return .wait(forLedger: true, atMostNanoseconds: heartbeatNanoseconds - silence)
    }
    sentNanoseconds = nowNanoseconds
    response.stamp(scan.next - 1, snapshot)
    response.encode(into: &output)
    return .message
  }
}
