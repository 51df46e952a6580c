// Being a member: the own row in the upstream, and renewing it.

/// Where a member stands with the fleet.
struct Membership: Sendable {
  var state = State.outside
  /// How often it has tried to join: each attempt begins at a `seq` of its own.
  var attempts: UInt64 = 0
  /// Whether a renewal may have been carried out whose answer never came.
  var isSeqUncertain = false
  /// Whether its row was removed while it ran, and it is not back in yet.
  var wasRemoved = false
  /// Whether it was granted a lease in this run.
  var isEstablished = false
  /// Whether to renew at once.
  var wantsRenewal = false
  /// When the last renewal was sent that was committed; nil for none since it joined.
  var renewedNanoseconds: Int64?
  var isLeaving = false
  /// The term in which it joined last; zero for none.
  var lastTerm: UInt64 = 0

  enum State: Sendable, Hashable {
    case outside
    /// Its row has this `seq` and term.
    case inside(seq: UInt64, term: UInt64)
    case left
  }

  /// Whether its row is known to be in.
  var isIn: Bool {
    if case .inside = state { true } else { false }
  }

  /// The row may be gone, or is of no use any more.
  mutating func beOutside() {
    if isIn { state = .outside }
    renewedNanoseconds = nil
  }

  /// The fleet's term is another: it joins again.
  mutating func leaveTerm() { beOutside() }
}

extension Member {
  /// The row to join with.
  mutating func rowToJoin(_ fleet: FleetRow) -> MemberRow {
    membership.attempts += 1
    return row(seq: rules.joinsWithNewSeq ? membership.attempts << 32 : 0, term: fleet.term)
  }

  private func row(seq: UInt64, term: UInt64) -> MemberRow {
    MemberRow(
      instance: identity.instance, host: identity.host, seq: seq, term: term, applied: applied,
      format: identity.format)
  }

  /// The row to renew, as it is now in the upstream but for what was applied.
  var rowToRenew: MemberRow? {
    guard case .inside(let seq, let term) = membership.state else { return nil }
    return row(seq: seq, term: term)
  }

  mutating func joined(_ row: MemberRow, _ isIn: Bool) {
    guard isIn, row.term == following.fleet?.term else {
      following.mustLook = true
      following.pauseUntilNanoseconds = now + settings.pollNanoseconds
      return
    }
    membership.state = .inside(seq: row.seq, term: row.term)
    membership.lastTerm = row.term
    membership.isSeqUncertain = false
    membership.wasRemoved = false
  }

  mutating func renewed(
    _ row: MemberRow, _ polled: Polled?, asked outstanding: Outstanding
  ) {
    guard let polled else {
      // Removed; or in another term; or the log does not have the own end; or counted up by a
      // renewal in doubt. A look shows.
      if !membership.isSeqUncertain { membership.wasRemoved = true }
      if membership.renewedNanoseconds == nil {
        // It was never in: whatever it is, it takes a while.
        following.pauseUntilNanoseconds = now + settings.pollNanoseconds
      }
      membership.beOutside()
      following.mustLook = true
      return
    }
    membership.state = .inside(seq: row.seq + 1, term: row.term)
    membership.isSeqUncertain = false
    membership.renewedNanoseconds = outstanding.sentNanoseconds
    guard followed(polled, outstanding), membership.isIn else { return }
    if polled.isFull { membership.wantsRenewal = true }
    let rows = polled.rows.filter { $0.last > applied.revision }
    promiseLease(polled, rows, asked: outstanding)
    if let members = polled.members {
      enqueue(.members(members))
      readMembers(members, outstanding)
      tellCommonFormat(members)
    }
    confirm(row, polled, asked: outstanding)
  }

  /// Says which format all members can read, if that is later than the one in force. A member that
  /// is silent counts as well: it may come back.
  private mutating func tellCommonFormat(_ members: [MemberRow]) {
    guard let fleet = following.fleet, membership.isIn else { return }
    let common = members.reduce(identity.format) { min($0, $1.format) }
    if common > fleet.format { enqueue(.raise(to: common)) }
  }
}
