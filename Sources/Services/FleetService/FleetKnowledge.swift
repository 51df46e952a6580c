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

  /// What members report that can't renew, as the database had it last, in the same order.
  package private(set) var reports: [SeenReport] = []
  /// Since when this host can't renew for what the fleet's log has or lacks; nil: it can, as far as
  /// is known.
  package private(set) var troubleNanoseconds: Int64?
  /// Whether the members were read before that.
  package private(set) var knowsMembers = false

  /// A member, and when this host saw it renew.
  package struct SeenMember: Sendable {
    package let row: MemberRow
    package let renewedNanoseconds: Int64
    /// When its row was seen to move; nil: it has not moved since it was first seen.
    package var movedNanoseconds: Int64?
  }

  /// A report, and when this host saw it first or move.
  package struct SeenReport: Sendable {
    package let report: HeadReport
    package let seenNanoseconds: Int64
    package var movedNanoseconds: Int64?
  }

  /// A clock that is further from the database's is not used.
  package static let allowedClockNanoseconds: Int64 = 2_000_000_000

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
    let known = Dictionary(uniqueKeysWithValues: members.map { ($0.row.instance, $0) })
    members = Self.ordered(rows.map { Self.seen($0, before: known[$0.instance], at: now) })
    if troubleNanoseconds == nil { knowsMembers = true }
  }

  /// Notes members and reports as they were just read while this host can't renew, or when an
  /// operator asks about a repair. A database that has lost rows may lack those of members that
  /// still answer: these are kept.
  package mutating func note(
    _ rows: [MemberRow], _ found: [HeadReport], atNanoseconds now: Int64
  ) {
    let known = Dictionary(uniqueKeysWithValues: members.map { ($0.row.instance, $0) })
    let listed = Set(rows.map(\.instance))
    let kept = troubleNanoseconds == nil ? [] : members.filter { !listed.contains($0.row.instance) }
    members = Self.ordered(
      kept + rows.map { Self.seen($0, before: known[$0.instance], at: now) })
    let told = Dictionary(uniqueKeysWithValues: reports.map { ($0.report.instance, $0) })
    reports = found.map { report in
      guard let before = told[report.instance] else {
        return SeenReport(report: report, seenNanoseconds: now)
      }
      return before.report.seq == report.seq
        ? before : SeenReport(report: report, seenNanoseconds: now, movedNanoseconds: now)
    }.sorted { $0.report.host < $1.report.host }
  }

  /// Notes whether the host can renew from now on.
  package mutating func noteTrouble(of condition: MemberCondition, atNanoseconds now: Int64) {
    if condition == .following {
      (troubleNanoseconds, reports) = (nil, [])
    } else if condition.problem?.trouble != nil {
      troubleNanoseconds = troubleNanoseconds ?? now
    }
  }

  private static func seen(
    _ row: MemberRow, before: SeenMember?, at now: Int64
  ) -> SeenMember {
    guard let before, before.row.seq == row.seq else {
      return SeenMember(
        row: row, renewedNanoseconds: now, movedNanoseconds: before == nil ? nil : now)
    }
    return SeenMember(
      row: row, renewedNanoseconds: before.renewedNanoseconds,
      movedNanoseconds: before.movedNanoseconds)
  }

  private static func ordered(_ members: [SeenMember]) -> [SeenMember] {
    members.sorted { left, right in
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
