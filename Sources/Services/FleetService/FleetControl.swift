package import Fleet
package import RPC

/// What has to be asked of the database.
package protocol FleetControl: Sendable {
  /// Begins the fleet with the log of this host, or goes on with it. Returns at the end.
  func initialize(
    leaseNanoseconds: Int64, _ board: FleetBoard
  ) throws(Status) -> FleetBeginning

  /// Removes a member that no longer answers.
  func forget(_ instance: InstanceID, _ board: FleetBoard) throws(Status)
}

/// A fleet that was begun.
package struct FleetBeginning: Sendable {
  package let id: InstanceID
  /// The statements that let other roles in, in SQL.
  package let grants: String

  package init(id: InstanceID, grants: String) {
    self.id = id
    self.grants = grants
  }
}
