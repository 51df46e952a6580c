internal import Ledger

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
