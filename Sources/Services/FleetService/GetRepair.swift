internal import Fleet
internal import Ledger
internal import Messages
internal import Platform
internal import RPC

extension PosternServices {
  // For operators. On a background thread: it asks the database.
  func getRepair(
    _ request: PosternV1.GetRepairRequest, for call: Call, from snapshot: borrowing Snapshot,
    into response: PosternV1.GetRepairResponse.Builder
  ) throws(Status) {
    let caller = try authenticate(call, in: snapshot)
    try requireOperator(caller, "looking into a repair of the fleet")
    guard let membership = status.fleet else { throw .noFleet }
    let look = try membership.control.getRepair(membership)
    response.setDatabaseRevision(look.databaseRevision)
    if let hash = look.databaseHash { response.setDatabaseHash(hash.bytes.span) }
    response.setTerm(look.fleet.term)
    response.setReady(look.fleet.isReady)
    writeLook(look, into: response)
    let now = Clock.bootNanoseconds()
    let knowledge = membership.knowledge.withLock { $0 }
    for seen in knowledge.voices {
      let (voice, isOwn) = (seen.voice, seen.voice.instance == membership.instance)
      let shown = response.addMembers()
      shown.setInstance(voice.instance.description)
      shown.setHost(voice.host)
      shown.setTerm(voice.term)
      let head = isOwn ? look.situation.own : voice.head
      shown.setHeadRevision(head.revision)
      shown.setHeadHash(head.hash.bytes.span)
      if let trouble = voice.trouble { shown.setTrouble(trouble.reason) }
      shown.setHeard(isOwn || voice.isHeard)
      shown.makeHeardAge().set(nanoseconds: isOwn ? 0 : max(0, now - seen.seenNanoseconds))
      shown.setAnswersThisCall(isOwn)
    }
    response.stamp(snapshot.revision, snapshot)
  }

  private func writeLook(_ look: RepairLook, into response: PosternV1.GetRepairResponse.Builder) {
    let verdict = look.situation.verdict
    response.setAdvice(verdict.sentence)
    switch verdict {
    case .whole where !look.fleet.isReady:
      response.setStep(.append)
      response.setAdvice(
        "a repair has begun and is not over: run `postern fleet repair --append` here, "
          + "which goes on with it")
    case .whole: response.setStep(.none)
    case .append: response.setStep(.append)
    case .differs(let revision):
      response.setStep(.rebuild)
      response.setFirstDifference(revision)
    case .longer(let voice):
      response.setStep(.appendElsewhere)
      response.setStepHost(voice.host)
    case .waits(let remaining, _):
      response.setStep(.wait)
      response.makeWait().set(nanoseconds: remaining)
    case .behind:
      guard let revision = look.cutRevision else { return response.setStep(.catchUp) }
      response.setStep(.cut)
      response.setCutRevision(revision)
      let wait = look.situation.waitBeforeCut.map { "; not yet: \($0.sentence)" } ?? ""
      response.setAdvice(
        "this host can't apply what stands at revision \(revision): upgrade it if a newer version "
          + "can; if no host can, `postern fleet repair --cut \(revision)` removes it and all "
          + "behind it, and keeps it in a file\(wait)")
    }
  }
}
