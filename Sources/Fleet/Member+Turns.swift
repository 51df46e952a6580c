// Turns: where several members append at once, they queue up, so that none of them decides in vain.
//
// A member that appends alone never asks for a turn, so an append is one request. A member that was
// not first holds its host off and queues up in the fleet's row. Once it is first in the queue, a
// look has shown it the end of the log, and everything is applied, its host decides. It appends for
// a slice of time, and its last row passes the turn on with the same commit. A turn expires, so
// that a host that died does not hold up the others for long. Only speed and fairness depend on
// turns: a row is inserted only where the log ends, whichever host has the turn.

/// Where a member stands in the queue.
struct Turn: Sendable {
  var state = State.none
  /// Until when others are expected to append, too.
  var contendedUntilNanoseconds: Int64 = .min
  /// The other member that has the turn, as last read.
  var holder: InstanceID?
  /// How many are before this member, as last read.
  var position = 0
  /// Whether the host waits for it.
  var isWanted = false
  /// Whether the host has nothing to decide.
  var isIdle = false
  /// Whether to look at once: it may be this member's turn.
  var wantsLook = false
  /// Whether the host was told that it may decide.
  var hasToldFree = true
  /// What the insert under way does with the turn.
  var end = TurnEnd.keeps

  enum State: Sendable, Hashable {
    case none
    /// The request to queue up is under way.
    case asking
    /// In the queue; what was sent at this event or later shows how far.
    case queued(moment: UInt64, untilNanoseconds: Int64)
    /// It is this member's turn, and what stands in the log is being applied.
    case granted
    case held(untilNanoseconds: Int64)
    /// The request to give it back is under way.
    case returning
  }

  /// Whether it is this member's turn, and all that stands in the log is applied.
  var isHeld: Bool { if case .held = state { true } else { false } }
}

/// What an append does with the own turn.
package enum TurnEnd: Sendable, Hashable {
  /// Nothing: it goes on, or there is none.
  case keeps
  /// The next one has it.
  case passes
  /// The next one has it, and this member queues up again.
  case queuesAgain
}

extension Member {
  /// After how long a turn expires: some round trips.
  private static var turnNanoseconds: Int64 { 1_000_000_000 }
  /// How long a member goes on appending in its turn.
  private static var sliceNanoseconds: Int64 { 30_000_000 }
  /// How long others are expected after they were first, or had the turn.
  private static var contentionNanoseconds: Int64 { 1_000_000_000 }
  /// After how long a member that was not passed the turn asks again.
  private static var patienceNanoseconds: Int64 { 3_000_000_000 }
  /// How often the next one looks whether it is its turn.
  private static var nextNanoseconds: Int64 { 2_000_000 }

  /// The host has something to decide, and was told to hold off.
  package mutating func wantTurn(at now: Int64) {
    note(now)
    (turn.isWanted, turn.isIdle) = (true, false)
  }

  /// The host has nothing to decide.
  package mutating func beIdle(at now: Int64) {
    note(now)
    (turn.isWanted, turn.isIdle) = (false, true)
  }

  private var isContended: Bool {
    switch turn.state {
    case .asking, .queued, .granted, .held: true
    case .none, .returning: now < turn.contendedUntilNanoseconds
    }
  }

  mutating func noteContention() {
    turn.contendedUntilNanoseconds = now + Self.contentionNanoseconds
  }

  /// A look shows who has the turn.
  mutating func lookedForTurn(_ turns: [InstanceID], _ outstanding: Outstanding) {
    turn.holder = turns.first == identity.instance ? nil : turns.first
    turn.position = turns.firstIndex(of: identity.instance) ?? 0
    guard case .queued(let moment, let end) = turn.state, outstanding.moment >= moment else {
      return
    }
    if turns.first == identity.instance {
      turn.state = .granted
    } else if turns.isEmpty || now >= end {
      turn.state = .none
    } else {
      noteContention()
    }
  }

  /// What the insert of a proposal does with the turn.
  func planEnd(of proposal: Proposal) -> TurnEnd {
    guard case .held(let end) = turn.state else { return .keeps }
    if !proposal.hasMore { return .passes }
    return now < end ? .keeps : .queuesAgain
  }

  /// An insert is answered.
  mutating func endTurn(_ answer: UpstreamAnswer) {
    guard turn.isHeld else { return }
    if case .inserted(true) = answer {
      switch turn.end {
      case .keeps: break
      case .passes: turn.state = .none
      case .queuesAgain:
        turn.isWanted = true
        beQueued()
      }
    } else {
      turn.state = .none
    }
  }

  private mutating func beQueued() {
    turn.state = .queued(moment: moment, untilNanoseconds: now + Self.patienceNanoseconds)
    turn.position = max(turn.position, 1)
  }

  mutating func tookTurn(_ answer: UpstreamAnswer) {
    switch answer {
    case .done(let isFirst):
      beQueued()
      turn.wantsLook = isFirst
    case .doubt, .unreachable, .refused:
      // Then without it, for this time.
      turn.state = .none
      appending.pauseUntilNanoseconds = now + settings.pollNanoseconds
    default: preconditionFailure("an answer of another kind than the request")
    }
  }

  mutating func gaveTurn() { turn.state = .none }

  /// Sends what is to be sent for the turn, and tells the host whether it may decide.
  mutating func planTurn() {
    if turn.state == .granted, following.applying == nil, !following.isBehind {
      turn.state = .held(untilNanoseconds: now + Self.sliceNanoseconds)
      turn.isWanted = false
    }
    if let request = turnRequest {
      turn.state = turn.isHeld ? .returning : .asking
      appending.outstanding = send(request, on: .append)
    }
    let isFree = !rules.takesTurns || turn.isHeld || !isContended
    if isFree != turn.hasToldFree {
      (turn.hasToldFree, turn.isIdle) = (isFree, false)
      enqueue(.mayDecide(isFree))
    }
  }

  private var turnRequest: UpstreamRequest? {
    guard rules.takesTurns, appending.outstanding == nil, appending.proposal == nil,
      following.fleet != nil, !membership.isLeaving, now >= appending.pauseUntilNanoseconds
    else { return nil }
    switch turn.state {
    case .none where turn.isWanted && isContended:
      return .takeTurn(identity.instance, nanoseconds: Self.turnNanoseconds)
    case .held where turn.isIdle: return .giveTurn(identity.instance)
    default: return nil
    }
  }

  /// How long after a look the next one is sent by a member that waits for its turn; nil for one
  /// that does not.
  var nextTurnLookNanoseconds: Int64? {
    guard case .queued = turn.state, following.problem == nil else { return nil }
    let position = Int64(min(max(turn.position, 1), 100))
    return min(position * position * Self.nextNanoseconds, settings.pollNanoseconds)
  }

  /// When the host that holds off is to be told that it need not any more; nil for nothing to tell.
  var nextTurnNanoseconds: Int64? {
    guard !turn.hasToldFree, turn.state == .none else { return nil }
    return turn.isWanted && !membership.isLeaving && following.fleet != nil
      && appending.outstanding == nil && appending.proposal == nil
      ? max(now, appending.pauseUntilNanoseconds) : turn.contendedUntilNanoseconds
  }
}
