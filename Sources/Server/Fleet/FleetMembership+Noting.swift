internal import Fleet
internal import Metrics
internal import Platform
internal import Services

// What the driver of the member notes of the membership.
extension FleetMembership {
  /// Notes an answer of the database.
  func note(_ answer: UpstreamAnswer, on lane: Lane, tookNanoseconds duration: Int64) {
    switch answer {
    case .polled(let polled): note(polled, duration)
    case .renewed(let polled?): note(polled, duration)
    case .inserted(true): metrics.appends.add()
    case .doubt where lane == .append: metrics.doubts.add()
    default: break
    }
  }

  private func note(_ polled: Polled, _ duration: Int64) {
    metrics.pollNanoseconds.observe(UInt64(max(0, duration)))
    knowledge.withLock { knowledge in
      knowledge.contactNanoseconds = Clock.bootNanoseconds()
      knowledge.headRevision = polled.headRevision
      knowledge.hasSynchronousStandby = polled.hasSynchronousStandby
      knowledge.fleet = polled.fleet
    }
  }

  /// Notes what the member does now. Returns whether that has changed.
  func begin(_ condition: MemberCondition) -> Bool {
    let now = Clock.wallNanoseconds()
    let boot = Clock.bootNanoseconds()
    return knowledge.withLock { knowledge in
      knowledge.noteTrouble(of: condition, atNanoseconds: boot)
      return knowledge.begin(condition, atNanoseconds: now)
    }
  }

  /// Whether the host is a member that answers.
  var isFollowing: Bool { knowledge.withLock { $0.condition == .following } }

  /// Notes all members, as the database had them.
  func noteMembers(_ rows: [MemberRow]) {
    let now = Clock.bootNanoseconds()
    knowledge.withLock { $0.note(rows, atNanoseconds: now) }
  }

  /// Notes members and what some of them report, as the database had them.
  func noteReports(_ rows: [MemberRow], _ reports: [HeadReport]) {
    let now = Clock.bootNanoseconds()
    knowledge.withLock { $0.note(rows, reports, atNanoseconds: now) }
  }

  /// Notes what the host's clock is ahead of the database's.
  func noteClock(ahead: Int64) {
    knowledge.withLock { $0.clockOffsetNanoseconds = ahead }
  }

  /// A member that certainly can't answer any more, by its row or by its report alone; nil where it
  /// may, or where none is known.
  func goneMember(_ instance: InstanceID) -> MemberRow?? {
    let now = Clock.bootNanoseconds()
    return knowledge.withLock { $0.goneMember(instance, atNanoseconds: now) }
  }
}
