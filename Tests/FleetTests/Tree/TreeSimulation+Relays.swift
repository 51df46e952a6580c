internal import Fleet

// What a member does for those below it.

extension TreeSimulation {
  /// Takes a child's request.
  func arrive(_ request: TreeRequest, at node: TreeNode) {
    // Without an answer the child's transport gives up.
    guard !node.isStopped else {
      return answer(request, .doubt("no answer"), at: now + 5_000_000_000)
    }
    var request = request
    request.arrivedTime = now
    switch request.request {
    case .join(let row, _):
      // The child may answer only after a renewal, and so after this is reported.
      node.children[request.from] = TreeNode.Child(row: row, renewedTime: now)
      return answer(request, .joined(node.member.condition == .following), at: now)
    case .renew(let row, _, let readsMembers):
      guard let child = node.children[request.from], child.row.seq == row.seq else {
        return answer(request, .renewed(nil), at: now)
      }
      node.children[request.from] = TreeNode.Child(row: row, renewedTime: now)
      // A command below waits for the fleet.
      if readsMembers { node.member.demandRenewal(at: now) }
      reportSubtree(node)
    default: break
    }
    node.parked.append(request)
    answerParked(node)
    drive(node)
  }

  /// Answers what can be answered now.
  func answerParked(_ node: TreeNode) {
    guard !node.parked.isEmpty else { return }
    let proven = node.provenTime(fleet)
    node.parked.removeAll { request in
      switch request.request {
      case .poll(let after, let maximumRows):
        // A relay behind its child doesn't know the child's end: that doesn't mean that the log has
        // forgotten it.
        guard Int(after.revision) <= node.rowCount, node.member.fleet != nil else { return false }
        answer(
          request, .polled(polled(after, maximumRows: maximumRows, of: node.rowCount)), at: now)
      case .renew(let row, let maximumRows, let readsMembers):
        // Its own lease was renewed by what was sent after this came, and all of it is applied.
        guard request.arrivedTime <= proven, Int(row.applied.revision) <= node.rowCount else {
          return false
        }
        node.children[request.from]?.row.seq += 1
        node.children[request.from]?.renewedTime = now
        var polled = polled(row.applied, maximumRows: maximumRows, of: node.rowCount)
        // A node that waits below asks the database by way of its relay.
        if readsMembers { polled.members = Array(members.values) }
        answer(request, .renewed(polled), at: now)
      default: answer(request, .done(true), at: now)
      }
      return true
    }
  }

  /// Reports at once when the last child has applied what a command waits for.
  private func reportSubtree(_ node: TreeNode) {
    guard node.reported < node.reportRevision,
      node.subtreeRevision(fleet, at: now) >= node.reportRevision
    else { return }
    node.member.demandRenewal(at: now)
    drive(node)
  }

  /// Renews for the children that wait for it, all at once.
  func renewForChildren(_ node: TreeNode) {
    guard !node.isStopped else { return }
    queue.add(.renewForChildren(node.index), at: now + Self.gatherNanoseconds)
    let proven = node.provenTime(fleet)
    let isAwaited = node.parked.contains { request in
      if case .renew = request.request { request.arrivedTime > proven } else { false }
    }
    guard isAwaited else { return }
    node.member.demandRenewal(at: now)
    drive(node)
  }
}
