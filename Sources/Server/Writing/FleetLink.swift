internal import EventLoop
internal import Fleet
internal import Ledger

/// How the writer, and the driver of the fleet's member, reach each other.
struct FleetLink: Sendable {
  let mailbox: Mailbox<FleetMessage>
  /// The name of this machine, which stands in every entry that is decided here.
  let host: HostName
  /// The time of the fleet.
  let time = FleetTime()
  /// How long the callers of a batch wait at most while it is unknown whether it stands.
  var doubtNanoseconds: Int64 = 10_000_000_000
}

/// A message to the driver of the member.
enum FleetMessage: Sendable {
  /// Bring this into the log. One at a time; the answer is `FleetOrder.decide`.
  case propose(Proposal)
  /// The rows of the last `FleetOrder.apply` are applied and readers see them; the log ends there.
  case applied(LogPosition)
  /// The rows of the last `FleetOrder.apply` are applied up to a position only.
  case applyFailed(FleetProblem, applied: LogPosition)
  /// Say `FleetOrder.reached` once every member obeys what stands up to a revision.
  case wait(WaiterID, revision: UInt64)
  /// The caller of a wait has gone.
  case abandon(WaiterID)
  /// A caller has named a revision that is not here yet: look for it at once.
  case demand
  /// Something waits to be decided since `FleetOrder.mayDecide` forbade it.
  case wantTurn
  /// Nothing waits to be decided, now that it is allowed.
  case idle
}

/// What the driver of the member tells the writer.
enum FleetOrder: Sendable {
  /// Apply these rows; one order at a time. With a proposal they are its row, which stands: once
  /// it is applied the proposal is answered, without a `decide`.
  case apply([LogRow], settling: ProposalID? = nil)
  /// Whether a draft may begin: others append, too, and it is not this host's turn.
  case mayDecide(Bool)
  /// The outcome of the proposal.
  case decide(ProposalID, Verdict)
  /// What a waiter asked about is obeyed everywhere.
  case reached(WaiterID)
  /// What is wrong with the fleet from now on; nil: nothing.
  case problem(FleetProblem?)
  /// Every member can read this format: raise the log's to it.
  case raise(to: UInt32)
  /// The host knows of every change within its lease.
  case following
  /// Whether the log has more than the host has been told of yet.
  case behind(Bool)
  /// Mark the ledger, which belonged to no fleet, as that of the fleet which it has begun.
  case mark(InstanceID)
}
