internal import Fleet

/// A member of a tree. Its upstream is the database or another member, and its code does not know
/// which. It is the upstream of its children: a relay, if it has any.
///
/// A relay keeps its children's rows to itself and has one row upstream for all of them, which says
/// what the last of them has applied. It answers a child's poll from its own ledger. A renewal has
/// to prove how new its answer is, and only the database can: the relay answers it after a renewal
/// of its own that was sent later. So a child's lease always ends before its relay's, and a wait
/// for the end of a relay's lease covers those of its children too.
final class TreeNode {
  let index: Int
  /// The relay above; nil for the database.
  let parent: Int?
  var member: Member
  /// How many rows its ledger has.
  var rowCount = 0
  var applying: [LogRow]?
  /// Until when it may answer.
  var leaseUntil: Int64 = .min
  /// When its next tick is due, to leave out those that were planned before.
  var tickTime: Int64 = .max
  /// The proposal whose row is applied.
  var settling: ProposalID?
  /// Numbers of the requests under way.
  var sent: [Lane: Int] = [:]
  var hasStarted = false
  var isStopped = false
  /// Its children, as their last requests had them.
  var children: [Int: Child] = [:]
  /// Requests of children that can't be answered yet.
  var parked: [TreeRequest] = []
  /// What was last reported for all of them.
  var reported: UInt64 = 0
  /// The newest row that a command waits for.
  var reportRevision: UInt64 = 0
  /// The own row that waits for the fleet once it stands.
  var waitsFor: UInt64?

  struct Child {
    var row: MemberRow
    /// When it was last heard of.
    var renewedTime: Int64
  }

  init(index: Int, parent: Int?, fleet: FleetRow, settings: Member.Settings) {
    self.index = index
    self.parent = parent
    let identity = Member.Identity(
      instance: TreeNode.instance(index), host: "\(index)", format: 1, fleet: fleet.id)
    member = Member(identity, settings: settings, applied: .empty)
  }

  static func instance(_ index: Int) -> InstanceID { InstanceID(high: 9, low: UInt64(index)) }

  /// Up to when what it knows is proven to be the newest.
  func provenTime(_ fleet: FleetRow) -> Int64 {
    leaseUntil == .min ? .min : leaseUntil - fleet.leaseNanoseconds
  }

  /// The last revision that it and all children that may still answer have applied.
  func subtreeRevision(_ fleet: FleetRow, at now: Int64) -> UInt64 {
    let over = Lease.surelyOverNanoseconds(fleet.leaseNanoseconds)
    var revision = UInt64(rowCount)
    for child in children.values where now - child.renewedTime < over {
      revision = min(revision, child.row.applied.revision)
    }
    return revision
  }
}

/// A request on its way to the node that answers it.
struct TreeRequest {
  let from: Int
  let lane: Lane
  let number: Int
  let request: UpstreamRequest
  /// When it arrived at a relay.
  var arrivedTime: Int64 = 0
}

enum TreeEvent {
  case tick(Int)
  /// At the parent, or at the database.
  case arrive(TreeRequest)
  case answer(Int, Lane, number: Int, UpstreamAnswer)
  case applied(Int)
  /// A relay looks whether a renewal is due for the commands that wait.
  case renewForChildren(Int)
  /// A member appends; whether it waits for the fleet.
  case append(Int, waits: Bool)
  case stop(Int)
}
