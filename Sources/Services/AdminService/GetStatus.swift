internal import EpochPage
internal import Ledger
internal import Messages
internal import Metrics
internal import Platform
internal import RPC
internal import Synchronization

extension PosternServices {
  // Open to every process that can connect.
  func getStatus(
    _ request: PosternV1.GetStatusRequest, for call: Call, from snapshot: borrowing Snapshot,
    into response: PosternV1.GetStatusResponse.Builder
  ) throws(Status) {
    response.setVersion(status.version)
    response.makeStartedAt().set(nanoseconds: status.startedAtNanoseconds)
    response.setOrganizationCount(UInt64(snapshot.rowCount(snapshot.tables.organizations)))
    response.setUserCount(UInt64(snapshot.rowCount(snapshot.tables.users)))
    response.setTokenCount(UInt64(snapshot.rowCount(snapshot.tables.tokens)))
    response.setLedgerBytes(UInt64(status.ledgerBytes()))
    response.setConnectionCount(UInt32(status.connections.load(ordering: .relaxed)))
    response.setWorkerCount(UInt32(status.workerCount))
    response.setProcessID(UInt32(status.processID))
    let problem = status.policyFileProblem.withLock { $0 }
    if !problem.isEmpty {
      // It may quote the file.
      response.setPolicyFileProblem(
        call.peer.role == .operator
          ? problem : "the policy file is not in force: operators are told why")
    }
    response.setLedgerProblem(status.ledgerProblem.withLock { $0 })
    let damage = status.ledgerDamage.withLock { $0 }
    if !damage.isEmpty {
      // It may name a row.
      response.setLedgerDamage(
        call.peer.role == .operator
          ? damage : "the ledger is damaged: operators are told where")
    }
    response.makeTime().set(nanoseconds: snapshot.nowNanoseconds)
    let clock = status.clock.reading()
    response.makeClockOffset().set(nanoseconds: clock.aheadNanoseconds)
    if let believed = clock.believedAtNanoseconds {
      response.makeClockBelievedAt().set(nanoseconds: believed)
    }
    writeKeptAnswers(into: response.makeKeptAnswers())
    writeFleet(into: response, for: call, snapshot)
  }
  private func writeKeptAnswers(into answers: PosternV1.KeptAnswers.Builder) {
    let counts = status.metrics.workers.map(\.kept)
    func sum(_ count: (KeptMetrics) -> UInt64) -> UInt64 { counts.reduce(0) { $0 + count($1) } }
    answers.setHasPage(status.epochs != nil)
    answers.setReaderCount(sum { $0.readers.current })
    answers.setMovedCount(status.epochs?.counters.movedCount ?? 0)
    answers.setGivenCount(sum { $0.given.current })
    answers.setRefusedCount(sum { $0.refused.current })
    answers.setUseCount(sum { $0.uses.current })
  }
}
