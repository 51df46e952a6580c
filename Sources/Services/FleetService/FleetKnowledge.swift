package import Fleet

/// What is known of a fleet. Times are of CLOCK_BOOTTIME, unless said otherwise.
package struct FleetKnowledge: Sendable {
  /// What this host does.
  package private(set) var condition = MemberCondition.joining
  /// Since when, by the wall clock, in nanoseconds since 1970.
  package private(set) var sinceNanoseconds: Int64 = 0
  /// The fleet as the database had it last; nil before that.
  package var fleet: FleetRow?
  /// The newest revision that the database is known to have.
  package var headRevision: UInt64 = 0
  /// While the first log is uploaded: up to which revision the database has it.
  package var uploadedRevision: UInt64 = 0
  /// When the database answered last; nil before that.
  package var contactNanoseconds: Int64?
  /// What this host's wall clock is ahead of the database's; nil: not known yet.
  package var clockOffsetNanoseconds: Int64?
  /// Whether the database waits for a second copy; nil: not known.
  package var hasSynchronousStandby: Bool?
  /// The members as the database had them last, in ascending order of host and instance.
  package private(set) var members: [SeenMember] = []

  /// A member, and when this host saw it renew.
  package struct SeenMember: Sendable {
    package let row: MemberRow
    package let renewedNanoseconds: Int64
  }

  package init() {}

  /// Notes what the host does from now on, a time of the wall clock. Returns whether that is news.
  @discardableResult
  package mutating func begin(
    _ condition: MemberCondition, atNanoseconds wallNanoseconds: Int64
  ) -> Bool {
    defer { self.condition = condition }
    guard condition.word != self.condition.word || sinceNanoseconds == 0 else { return false }
    sinceNanoseconds = wallNanoseconds
    return true
  }

  /// Notes the members as they were just read. One whose `seq` did not move has not renewed.
  package mutating func note(_ rows: [MemberRow], atNanoseconds now: Int64) {
    var renewals: [InstanceID: (seq: UInt64, nanoseconds: Int64)] = [:]
    for member in members {
      renewals[member.row.instance] = (member.row.seq, member.renewedNanoseconds)
    }
    members = rows.map { row in
      let before = renewals[row.instance]
      let isSame = before?.seq == row.seq
      return SeenMember(row: row, renewedNanoseconds: isSame ? before?.nanoseconds ?? now : now)
    }.sorted { left, right in
      (left.row.host, left.row.instance.description)
        < (right.row.host, right.row.instance.description)
    }
  }

  /// The revisions that the database has and that a reader at `revision` does not see.
  package func lag(behind revision: UInt64) -> UInt64 {
    headRevision > revision ? headRevision - revision : 0
  }

  /// Whether a member may answer calls: false once it has not renewed its lease for so long that
  /// the lease is over by any clock.
  package func mayAnswer(_ member: SeenMember, atNanoseconds now: Int64) -> Bool {
    guard let fleet else { return false }
    return now - member.renewedNanoseconds < Lease.surelyOverNanoseconds(fleet.leaseNanoseconds)
  }
}
