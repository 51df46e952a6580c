internal import Fleet
internal import Ledger
internal import Messages
internal import Platform
internal import RPC

extension PosternServices {
  // Open to every process that can connect, as the status is.
  func getFleet(
    _ request: PosternV1.GetFleetRequest, for call: Call, from snapshot: borrowing Snapshot,
    into response: PosternV1.GetFleetResponse.Builder
  ) throws(Status) {
    guard let membership = status.fleet else { throw .noFleet }
    let knowledge = membership.knowledge.withLock { $0 }
    response.setCondition(knowledge.condition.contractValue)
    if let problem = knowledge.condition.problem {
      response.setProblem(Self.sentence(problem, for: call))
      response.setProblemReason(problem.reason)
    }
    if knowledge.sinceNanoseconds > 0 {
      response.makeSince().set(nanoseconds: knowledge.sinceNanoseconds)
    }
    if let fleet = knowledge.fleet {
      response.setFleetID(fleet.id.description)
      response.setTerm(fleet.term)
      response.setFormat(fleet.format)
      response.makeLease().set(nanoseconds: fleet.leaseNanoseconds)
      response.setReady(fleet.isReady)
    }
    response.setUploadedRevision(knowledge.uploadedRevision)
    let left = membership.lease.end.remainingNanoseconds
    if left > 0 { response.makeLeaseLeft().set(nanoseconds: left) }
    response.setLagRevisions(knowledge.lag(behind: snapshot.revision))
    let now = Clock.bootNanoseconds()
    if let contact = knowledge.contactNanoseconds {
      response.makeLastContactAge().set(nanoseconds: max(0, now - contact))
    }
    response.setInstance(membership.instance.description)
    if let offset = knowledge.clockOffsetNanoseconds {
      response.makeDatabaseClockOffset().set(nanoseconds: offset)
    }
    response.setDatabaseStandby(knowledge.standby)
    for member in knowledge.members {
      let age = max(0, now - member.renewedNanoseconds)
      let row = member.row
      let shown = response.addMembers()
      shown.setInstance(row.instance.description)
      shown.setHost(row.host)
      shown.setAppliedRevision(row.applied.revision)
      shown.setTerm(row.term)
      shown.setFormat(row.format)
      shown.setAnswering(knowledge.mayAnswer(member, atNanoseconds: now))
      shown.makeRenewedAge().set(nanoseconds: age)
      shown.setAnswersThisCall(row.instance == membership.instance)
    }
  }

  /// How this host stands to its fleet, in short; nothing without one.
  func writeFleet(
    into response: PosternV1.GetStatusResponse.Builder, for call: Call,
    _ snapshot: borrowing Snapshot
  ) {
    guard let membership = status.fleet else { return }
    let knowledge = membership.knowledge.withLock { $0 }
    let fleet = response.makeFleet()
    fleet.setCondition(knowledge.condition.contractValue)
    if let problem = knowledge.condition.problem {
      fleet.setProblem(Self.sentence(problem, for: call))
    }
    fleet.setLagRevisions(knowledge.lag(behind: snapshot.revision))
    let left = membership.lease.end.remainingNanoseconds
    if left > 0 { fleet.makeLeaseLeft().set(nanoseconds: left) }
    fleet.setMemberCount(UInt32(knowledge.members.count))
    fleet.setDatabaseStandby(knowledge.standby)
  }

  private static func sentence(_ problem: FleetProblem, for call: Call) -> String {
    call.peer.role == .operator ? problem.detail : problem.sentence
  }
}

extension FleetKnowledge {
  fileprivate var standby: PosternV1.DatabaseStandby {
    switch hasSynchronousStandby {
    case nil: .unspecified
    case false?: .absent
    case true?: .synchronous
    }
  }
}

extension MemberCondition {
  fileprivate var contractValue: PosternV1.FleetCondition {
    switch self {
    case .joining: .joining
    case .catchingUp: .catchingUp
    case .following: .following
    case .impaired: .impaired
    }
  }
}
