// Waiting for the fleet: until each member has applied a revision, or can't answer any more.
//
// A member that could answer from before the revision has a lease from a renewal that did not see
// it. Each member listed since shows it: it has applied the revision; or it has not renewed for
// longer than a lease, and the next renewal shows it the revision. A member that is not listed yet
// can't answer before a renewal that is still to come. And once a lease has passed since the row
// stood in the log, all of this is true without a look.

/// Commands that wait for the fleet.
struct Waiting: Sendable {
  var waits: [WaiterID: Wait] = [:]
  /// The `seq` of each member as last read, and since when it was seen.
  var seen: [InstanceID: (seq: UInt64, sinceNanoseconds: Int64)] = [:]
  var lastReadNanoseconds: Int64?
  /// The term of the log in which the waits began.
  var term: UInt64?
  /// When the youngest wait began.
  var youngestNanoseconds: Int64 = .min

  var isAnyoneWaiting: Bool { !waits.isEmpty }

  struct Wait: Sendable {
    let revision: UInt64
    var startNanoseconds: Int64
    var moment: UInt64
  }
}

extension Member {
  /// Waits until the whole fleet obeys what was applied here up to a revision: `reached` tells. The
  /// owner limits how many waits there are and how long they last.
  package mutating func await(_ id: WaiterID, revision: UInt64, at now: Int64) {
    note(now)
    precondition(revision <= applied.revision, "a wait for a revision that is not applied here")
    precondition(waiting.waits[id] == nil, "a wait's number is used twice")
    waiting.waits[id] = Waiting.Wait(revision: revision, startNanoseconds: now, moment: moment)
    waiting.youngestNanoseconds = now
    // Read at once: the others may have been faster.
    waiting.lastReadNanoseconds = nil
  }

  /// Ends a wait whose caller has gone.
  package mutating func abandon(_ id: WaiterID, at now: Int64) {
    note(now)
    waiting.waits[id] = nil
  }

  /// When the members are to be read again. While a caller waits, that is soon at first, and less
  /// often the longer it waits.
  var nextReadNanoseconds: Int64 {
    guard let last = waiting.lastReadNanoseconds else { return .min }
    guard waiting.isAnyoneWaiting else { return last + following.leaseNanoseconds / 3 }
    let elapsed = now - waiting.youngestNanoseconds
    return last + min(max(settings.pollNanoseconds / 5, elapsed / 8), 1_000_000_000)
  }

  private var surelyOverNanoseconds: Int64 {
    guard rules.allowsForSlew else {
      return following.leaseNanoseconds + following.leaseNanoseconds / 1000 + 2_000_000_000
    }
    return Lease.surelyOverNanoseconds(following.leaseNanoseconds)
  }

  /// When a wait ends without a look; nil if no caller waits, or if the log may have lost what was
  /// waited for.
  var nextWaitEndNanoseconds: Int64? {
    guard isWaitingInTerm, !hasLostTrust, waiting.isAnyoneWaiting else { return nil }
    let oldest = waiting.waits.values.reduce(Int64.max) { min($0, $1.startNanoseconds) }
    return oldest + surelyOverNanoseconds
  }

  private var isWaitingInTerm: Bool {
    guard let fleet = following.fleet else { return false }
    return waiting.term == fleet.term || !rules.waitsInTerm
  }

  /// The log is known to have the own end, in the fleet's present term: lets waits of an earlier
  /// one begin again.
  mutating func beginWaitsInTerm() {
    guard !isWaitingInTerm || waiting.term == nil else { return }
    waiting.term = following.fleet?.term
    for id in waiting.waits.keys {
      waiting.waits[id]?.startNanoseconds = now
      waiting.waits[id]?.moment = moment
    }
    waiting.youngestNanoseconds = now
  }

  private var hasLostTrust: Bool {
    switch following.problem {
    case .forgot, .forked, .anotherFleet, .notReady, .repairing: true
    default: false
    }
  }

  /// Ends the waits that have lasted longer than any lease.
  mutating func endWaits() {
    guard let end = nextWaitEndNanoseconds, now >= end else { return }
    let start = now - surelyOverNanoseconds
    reach { $0.startNanoseconds <= start }
  }

  /// Takes a read of all members, sent with a renewal.
  mutating func readMembers(_ members: [MemberRow], _ outstanding: Outstanding) {
    var seen: [InstanceID: (seq: UInt64, sinceNanoseconds: Int64)] = [:]
    seen.reserveCapacity(members.count)
    // The lowest revision that a member may still not know of.
    var reported = UInt64.max
    for member in members where member.instance != identity.instance {
      let before = waiting.seen[member.instance]
      let since = before.flatMap { $0.seq == member.seq ? $0.sinceNanoseconds : nil } ?? now
      seen[member.instance] = (member.seq, since)
      if outstanding.sentNanoseconds - since >= surelyOverNanoseconds { continue }
      let isInTerm = !rules.waitsInTerm || member.term == following.fleet?.term
      reported = min(reported, isInTerm ? member.applied.revision : 0)
    }
    waiting.seen = seen
    guard isWaitingInTerm else { return }
    let moment = rules.readsMembersAfter ? outstanding.moment : .max
    reach { $0.revision <= reported && $0.moment <= moment }
  }

  private mutating func reach(where isReached: (Waiting.Wait) -> Bool) {
    for (id, wait) in waiting.waits where isReached(wait) {
      waiting.waits[id] = nil
      enqueue(.reached(id))
    }
  }
}
