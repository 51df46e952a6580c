package import Fleet
package import RPC

/// What a method of the fleet service does with the database.
package protocol FleetControl: Sendable {
  /// The folder of the ledger, where files are kept that a repair leaves.
  var folder: String { get }

  /// Begins the fleet with the log of this host, or goes on with it. Returns at the end.
  func initializeFleet(
    leaseNanoseconds: Int64, _ membership: FleetMembership
  ) throws(Status) -> FleetBeginning

  /// Removes a member that no longer answers.
  func forgetMember(_ instance: InstanceID, _ membership: FleetMembership) throws(Status)

  /// Looks at what the database lacks, and reads members and reports.
  func getRepair(_ membership: FleetMembership) throws(Status) -> RepairLook

  /// Appends what this host has and the database lacks.
  func appendMissing(_ membership: FleetMembership) throws(Status) -> RepairEnd

  /// Removes the rows from the one on that begins at a revision.
  func cutLog(from first: UInt64, _ membership: FleetMembership) throws(Status) -> RepairEnd

  /// Keeps what this host has and the database does not, and has the daemon begin anew.
  func rebuildMember(_ membership: FleetMembership) throws(Status) -> RepairEnd
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

/// What the database has, and what follows from it on this host.
package struct RepairLook: Sendable {
  package var fleet: FleetRow
  /// Where the log in the database ends.
  package var databaseRevision: UInt64
  /// The hash there; nil: this host has no such entry.
  package var databaseHash: LogHash?
  package var situation: RepairSituation
  /// Where the first row begins that stands behind the end of this host, which can't apply it; nil
  /// for none.
  package var cutRevision: UInt64?

  package init(
    fleet: FleetRow, databaseRevision: UInt64, databaseHash: LogHash?, situation: RepairSituation,
    cutRevision: UInt64?
  ) {
    self.fleet = fleet
    self.databaseRevision = databaseRevision
    self.databaseHash = databaseHash
    self.situation = situation
    self.cutRevision = cutRevision
  }
}

/// What a repair has done.
package struct RepairEnd: Sendable {
  /// The first revision that was appended, removed or lost.
  package var firstRevision: UInt64
  /// How many changes.
  package var count: UInt64
  /// The term of the fleet then.
  package var term: UInt64
  /// The file that keeps what was removed or lost; empty for none.
  package var file: String

  package init(firstRevision: UInt64, count: UInt64, term: UInt64, file: String = "") {
    self.firstRevision = firstRevision
    self.count = count
    self.term = term
    self.file = file
  }
}
