internal import Identifiers
internal import Ledger
internal import Messages
internal import RPC
internal import Tokens

// A call keeps a snapshot of its own from its begin to its end, so that all messages show one
// revision. Hazard: an old snapshot keeps every page that was freed since, and the ledger grows; so
// exports are few, and one whose peer doesn't read is ended.
extension PosternServices {
  // For administrators of the organization and operators; of all organizations, for operators.
  func export(
    _ request: PosternV1.ExportRequest, for call: Call, from snapshot: borrowing Snapshot
  ) throws(Status) -> any StreamingCall {
    let only = try Fields.optionalOrganizationID(request.organizationID)
    let caller = try authenticate(call, in: snapshot)
    let organization = Array(copying: request.organizationID)
    let permit = StreamPermit(
      caller,
      organization.isEmpty
        ? .operatorRole("exporting every organization")
        : .actions(["directory.export"], organizationID: organization))
    try require(permit, snapshot)
    if let only { try requireOrganization(only, in: snapshot) }
    let place = try exports.enter(
      organization, isOperator: caller.isOperator, limit: limits.exports)
    do {
      return Export(
        exports, permit, of: organization, at: place, from: try snapshot.another(),
        stallNanoseconds: limits.exportStallNanoseconds)
    } catch {
      exports.leave(place)
      throw Status.unreadable(error)
    }
  }
}

/// Sends what its snapshot shows, message by message.
private final class Export: StreamingCall {
  let permit: StreamPermit
  private let exports: OpenExports
  private let place: OpenExports.Place
  private let snapshot: Snapshot
  private var walk: ExportWalk
  private var begunNanoseconds: Int64?
  /// When the peer last had room.
  private var movedNanoseconds: Int64 = 0
  private let stallNanoseconds: Int64

  private static let mostNanoseconds: Int64 = 600_000_000_000

  init(
    _ exports: OpenExports, _ permit: StreamPermit, of organization: [UInt8],
    at place: OpenExports.Place, from snapshot: consuming Snapshot, stallNanoseconds: Int64
  ) {
    self.stallNanoseconds = stallNanoseconds
    self.exports = exports
    self.permit = permit
    self.place = place
    self.snapshot = snapshot
    walk = ExportWalk(only: organization)
  }

  deinit { exports.leave(place) }

  func next(
    from newest: borrowing Snapshot, nowNanoseconds: Int64, in arena: borrowing Arena,
    into output: inout ByteBuffer
  ) throws(Status) -> StreamStep {
    movedNanoseconds = nowNanoseconds
    _ = try stalled(nowNanoseconds: nowNanoseconds)
    let response = PosternV1.ExportResponse.Builder(in: arena)
    let isFilled = walk.fill(response, from: snapshot, within: newest.step)
    guard isFilled else { return walk.isDone ? .finished : .yield }
    response.stamp(snapshot.revision, snapshot)
    response.encode(into: &output)
    return .message
  }

  func stalled(nowNanoseconds: Int64) throws(Status) -> Int64? {
    if begunNanoseconds == nil {
      (begunNanoseconds, movedNanoseconds) = (nowNanoseconds, nowNanoseconds)
    }
    let end = min(
      (begunNanoseconds ?? nowNanoseconds) + Self.mostNanoseconds,
      movedNanoseconds + stallNanoseconds)
    guard nowNanoseconds < end else {
      throw Status(
        .aborted, "the export was read too slowly: read it faster, or in parts",
        reason: "READ_TOO_SLOWLY")
    }
    return end - nowNanoseconds
  }
}
