internal import Identifiers
internal import Ledger
internal import Messages
internal import Platform
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

  private static let maximumNanoseconds: Int64 = 600_000_000_000

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
      (begunNanoseconds ?? nowNanoseconds) + Self.maximumNanoseconds,
      movedNanoseconds + stallNanoseconds)
    guard nowNanoseconds < end else {
      throw Status(
        .aborted, "the export was read too slowly: read it faster, or in parts",
        reason: "READ_TOO_SLOWLY")
    }
    return end - nowNanoseconds
  }
}

/// The exports that run, each of which keeps the pages of an old revision from being used again.
///
/// No tenant can keep the others from exporting: callers other than operators have one export of
/// an organization at a time, and the last place is kept for operators.
final class OpenExports: Sendable {
  /// A place that is taken.
  struct Place: Sendable {
    /// Nil for an operator's export.
    fileprivate let organization: [UInt8]?
  }

  private struct State {
    var count = 0
    /// The organizations of which others than operators have an export.
    var organizations: Set<[UInt8]> = []
  }

  private let state = Guarded(State())

  /// Takes a place for an export of an organization, or refuses it by the limit that it names.
  func enter(
    _ organization: [UInt8], isOperator: Bool, limit: Int
  ) throws(Status) -> Place {
    let refusal = state.withLock { state -> Status? in
      let most = isOperator ? limit : limit - 1
      guard isOperator || !state.organizations.contains(organization) else {
        return .running(organization)
      }
      guard state.count < most else {
        return isOperator ? .limit("max-exports", limit) : .kept(limit)
      }
      if !isOperator { state.organizations.insert(organization) }
      state.count += 1
      return nil
    }
    if let refusal { throw refusal }
    return Place(organization: isOperator ? nil : organization)
  }

  func leave(_ place: Place) {
    state.withLock { state in
      state.count -= 1
      if let organization = place.organization { state.organizations.remove(organization) }
    }
  }
}

extension Status {
  fileprivate static func kept(_ limit: Int) -> Status {
    Status(
      .resourceExhausted,
      "the limit `max-exports` of \(limit) is reached: the last one is kept for operators",
      reason: "LIMIT_REACHED", metadata: [("limit", "max-exports"), ("value", "\(limit)")])
  }

  fileprivate static func running(_ organization: [UInt8]) -> Status {
    let name = String(copying: organization.span)
    return Status(
      .resourceExhausted,
      "an export of the organization `\(name)` is running already: only operators may run several",
      reason: "LIMIT_REACHED", metadata: [("limit", "exports-per-organization"), ("value", "1")])
  }
}
