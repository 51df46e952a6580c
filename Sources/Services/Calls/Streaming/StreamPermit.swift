internal import Identifiers
package import Ledger
package import Messages
package import RPC

/// The right by which a stream continues: its caller, and what the caller must be allowed to do.
///
/// It is checked when the call is opened and again before every step, on the newest revision. The
/// stream ends when the caller's token is revoked, expires or gets another secret, when the caller
/// is demoted or deleted, and when a new policy takes its right.
package struct StreamPermit: Sendable {
  enum Requirement: Sendable {
    /// Nothing: it is open to every process that can connect.
    case nothing
    /// An operator process, for the task that this says.
    case operatorRole(StaticString)
    /// Each of these actions in an organization, about a user of it, or about none if it is empty.
    case actions([StaticString], organizationID: [UInt8], userID: [UInt8] = [])
    /// Reading the log: about an organization, or all if it is empty, and a user of it, or all.
    case audit(organizationID: [UInt8], userID: [UInt8])
  }

  /// Nil where nothing is required.
  let caller: Caller?
  let requirement: Requirement

  init(_ caller: Caller, _ requirement: Requirement) {
    self.caller = caller
    self.requirement = requirement
  }

  private init() { (caller, requirement) = (nil, .nothing) }

  /// For a stream that every process may read.
  static let open = StreamPermit()
}

extension PosternServices {
  /// Takes the next step of a streaming call if its caller is still allowed to; `output` gets the
  /// message. A call that waits is checked again when the credential of its caller ends.
  package func takeStep(
    _ call: any StreamingCall, from snapshot: borrowing Snapshot, nowNanoseconds: Int64,
    arena: borrowing Arena, into output: inout ByteBuffer
  ) throws(Status) -> StreamStep {
    do throws(Status) {
      let step = try takeCheckedStep(
        call, from: snapshot, nowNanoseconds: nowNanoseconds, arena: arena, into: &output)
      guard let row = snapshot.damage.take() else { return step }
      throw damaged(row)
    } catch {
      throw snapshot.damage.take().map(damaged) ?? error
    }
  }

  private func takeCheckedStep(
    _ call: any StreamingCall, from snapshot: borrowing Snapshot, nowNanoseconds: Int64,
    arena: borrowing Arena, into output: inout ByteBuffer
  ) throws(Status) -> StreamStep {
    try require(call.permit, snapshot)
    let step = try call.next(
      from: snapshot, nowNanoseconds: nowNanoseconds, in: arena, into: &output)
    guard case .wait(_, let most) = step, let caller = call.permit.caller,
      caller.tokenID != nil
    else { return step }
    let rest = try remainingNanoseconds(of: caller, snapshot)
    let shorter = rest.map { min($0, most ?? .max) } ?? most
    return .wait(forLedger: true, atMostNanoseconds: shorter)
  }

  /// Refuses the call, or its next step, unless its caller's credential is still good and it is
  /// still allowed to.
  func require<State: LedgerState & ~Copyable>(
    _ permit: StreamPermit, _ state: borrowing State
  ) throws(Status) {
    guard let caller = permit.caller else { return }
    _ = try remainingNanoseconds(of: caller, state)
    switch permit.requirement {
    case .nothing: break
    case .operatorRole(let task): try requireOperator(caller, task)
    case .actions(let names, let organization, let user):
      let target = Target(
        in: OrganizationID(stored: organization.span), user: UserID(storedOrEmpty: user.span))
      for name in names { try authorize(caller, name, on: target, in: state) }
    case .audit(let organization, let user):
      try requireReader(
        caller, of: OrganizationID(storedOrEmpty: organization.span),
        about: UserID(storedOrEmpty: user.span), in: state)
    }
  }

  /// For how long the credential of a caller is good by itself, nil for no end; refuses the call if
  /// it is not good any more.
  private func remainingNanoseconds<State: LedgerState & ~Copyable>(
    of caller: Caller, _ state: borrowing State
  ) throws(Status) -> Int64? {
    try endNanoseconds(of: caller, state).map { $0 - state.nowNanoseconds }
  }
}
