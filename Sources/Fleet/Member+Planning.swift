// What to send next, and when to look again. On each lane one request is under way at most.

extension Member {
  /// Polls that a caller waits for are this far apart.
  private static var soonNanoseconds: Int64 { 10_000_000 }

  /// Plans the next actions, after an event.
  mutating func plan() {
    planAppending()
    planTurn()
    if following.outstanding == nil, let request = nextFollowing() {
      following.outstanding = send(request, on: .follow)
      // A report puts no look off: that follows at once.
      if case .report = request {} else { following.lastSentNanoseconds = now }
    }
    tellCondition()
  }

  mutating func send(_ request: UpstreamRequest, on lane: Lane) -> Outstanding {
    enqueue(.send(request, on: lane))
    return Outstanding(request: request, sentNanoseconds: now, moment: moment)
  }

  private mutating func nextFollowing() -> UpstreamRequest? {
    guard membership.state != .left, now >= following.pauseUntilNanoseconds else { return nil }
    if membership.isLeaving {
      following.pauseUntilNanoseconds = now + settings.pollNanoseconds
      return .leave(identity.instance)
    }
    guard following.applying == nil else { return nil }
    if isCurrent {
      if let row = rowToRenew {
        if now >= nextRenewalNanoseconds { return renewal(row) }
      } else if let fleet = following.fleet {
        return .join(rowToJoin(fleet), predecessors: identity.predecessors)
      }
    }
    guard now >= nextPollNanoseconds else { return nil }
    if let report = nextReport() { return report }
    reporting.isPollNext = false
    following.wantsPoll = false
    (appending.wantsLook, turn.wantsLook) = (false, false)
    return .poll(after: applied, maximumRows: settings.maximumRows)
  }

  /// Whether the last look showed a fleet whose log this member has the end of.
  private var isCurrent: Bool {
    !following.mustLook && following.problem == nil && !following.isBehind
      && following.hasKnownEnd
  }

  private mutating func renewal(_ row: MemberRow) -> UpstreamRequest {
    membership.wantsRenewal = false
    let readsMembers = now >= nextReadNanoseconds
    if readsMembers { waiting.lastReadNanoseconds = now }
    following.wantsPoll = false
    return .renew(row, maximumRows: settings.maximumRows, readsMembers: readsMembers)
  }

  private var nextPollNanoseconds: Int64 {
    guard let last = following.lastSentNanoseconds else { return now }
    if following.mustLook && following.problem == nil { return now }
    if following.isBehind && following.wantsPoll { return now }
    if appending.wantsLook && appending.state == .conflicting || turn.wantsLook { return now }
    // A log that has forgotten comes back by a repair: a row in doubt is not looked for sooner.
    let isWanted = following.wantsPoll || waitsForLook && following.problem == nil
    let pause = isWanted ? Self.soonNanoseconds : settings.pollNanoseconds
    return last + min(pause, nextTurnLookNanoseconds ?? pause)
  }

  private var nextRenewalNanoseconds: Int64 {
    guard let renewed = membership.renewedNanoseconds else { return now }
    if membership.wantsRenewal || appending.waitsForRenewal { return now }
    var next = renewed + following.leaseNanoseconds / 12
    if waiting.isAnyoneWaiting { next = min(next, nextReadNanoseconds) }
    return next
  }

  /// When to call `tick` at the latest, if nothing else happens; nil for never.
  package var nextTickNanoseconds: Int64? {
    guard moment > 0 else { return nil }
    var next = nextWaitEndNanoseconds
    if following.failure != nil, now < awayNanoseconds {
      next = min(next ?? .max, awayNanoseconds)
    }
    if !lease.isOver(at: now) { next = min(next ?? .max, lease.endNanoseconds) }
    if let append = nextAppendNanoseconds { next = min(next ?? .max, append) }
    if let turn = nextTurnNanoseconds { next = min(next ?? .max, turn) }
    if following.outstanding == nil, following.applying == nil, membership.state != .left {
      var follow = nextPollNanoseconds
      if isCurrent, membership.isIn { follow = min(follow, nextRenewalNanoseconds) }
      if membership.isLeaving { follow = now }
      next = min(next ?? .max, max(follow, following.pauseUntilNanoseconds))
    }
    return next
  }
}
