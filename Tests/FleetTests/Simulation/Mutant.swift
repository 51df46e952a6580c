internal import Fleet

/// A rule that is switched off, and the seeds that have what it is against.
struct Mutant: Sendable {
  let name: String
  let foci: Set<Scenario.Focus>
  let switchOff: @Sendable (inout SimulationRules) -> Void

  private init(
    _ name: String, in foci: Set<Scenario.Focus>,
    switchOff: @escaping @Sendable (inout SimulationRules) -> Void
  ) {
    self.name = name
    self.foci = foci
    self.switchOff = switchOff
  }

  static let all = [
    Mutant("insertIsGuarded", in: [.everything, .database]) { $0.insertIsGuarded = false },
    Mutant("confirmsEmpty", in: [.network, .workers]) { $0.member.confirmsEmpty = false },
    Mutant("confirmsEmptyByCommit", in: [.everything, .database]) {
      $0.member.confirmsEmptyByCommit = false
    },
    Mutant("freezesDoubt", in: [.network]) { $0.member.freezesDoubt = false },
    Mutant("confirmsDoubt", in: [.everything, .database]) { $0.member.confirmsDoubt = false },
    Mutant("takesTurns", in: [.starving]) { $0.member.takesTurns = false },
    Mutant("checksEnd", in: [.everything, .database]) { $0.member.checksEnd = false },
    Mutant("renewalNeedsRow", in: [.everything, .database]) { $0.renewalNeedsRow = false },
    Mutant("joinNeedsRow", in: [.everything, .database]) { $0.joinNeedsRow = false },
    Mutant("renewalNeedsSeq", in: [.everything, .database, .network]) {
      $0.renewalNeedsSeq = false
    },
    Mutant("renewsByCommit", in: [.everything, .database]) { $0.member.renewsByCommit = false },
    Mutant("renewalReadsItself", in: [.everything, .database]) { $0.renewalReadsItself = false },
    Mutant("usesRaw", in: [.clocks]) { $0.usesRaw = false },
    Mutant("sumsStretches", in: [.clocks]) { $0.sumsStretches = false },
    Mutant("resumesClock", in: [.clocks]) { $0.resumesClock = false },
    Mutant("allowsForSlew", in: [.clocks]) { $0.member.allowsForSlew = false },
    Mutant("snapshotsAfterCall", in: [.workers]) { $0.snapshotsAfterCall = false },
    Mutant("readsClockLast", in: [.workers]) { $0.readsClockLast = false },
    Mutant("appliesBeforeLease", in: [.network, .workers]) {
      $0.member.appliesBeforeLease = false
    },
    Mutant("joinsBeforeServing", in: [.joining, .upgrade]) {
      $0.member.joinsBeforeServing = false
    },
    Mutant("checksFormat", in: [.upgrade]) { $0.member.checksFormat = false },
    Mutant("forgetNeedsSeq", in: [.joining, .network, .workers]) { $0.forgetNeedsSeq = false },
    Mutant("raisesFormatForAll", in: [.upgrade]) { $0.raisesFormatForAll = false },
    Mutant("countsLeaseFromSend", in: [.network, .everything]) {
      $0.member.countsLeaseFromSend = false
    },
    Mutant("insertsBeforeApplying", in: [.network]) { $0.member.insertsBeforeApplying = false },
    Mutant("renewsByWholeAnswers", in: [.network, .workers]) {
      $0.member.renewsByWholeAnswers = false
    },
    Mutant("waitsInTerm", in: [.everything, .database]) { $0.member.waitsInTerm = false },
    Mutant("readsMembersAfter", in: [.joining]) { $0.member.readsMembersAfter = false },
    Mutant("joinsWithNewSeq", in: [.joining, .network]) { $0.member.joinsWithNewSeq = false },
  ]
}
