internal import Fleet
internal import Testing

/// A rule that is switched off, and a seed whose simulation then breaks a promise. With all rules
/// on nothing is broken from that seed. If the simulation or the member changes, seeds mean
/// something else: `POSTERN_FLEET_RULES=100000` finds new ones.
struct Mutant: Sendable, CustomTestStringConvertible {
  let name: String
  let seed: UInt64
  let switchOff: @Sendable (inout SimulationRules) -> Void

  private init(
    _ name: String, seed: UInt64, switchOff: @escaping @Sendable (inout SimulationRules) -> Void
  ) {
    self.name = name
    self.seed = seed
    self.switchOff = switchOff
  }

  var testDescription: String { name }

  func run(seed: UInt64) -> Simulation {
    var scenario = Scenario(seed: seed)
    switchOff(&scenario.rules)
    return Simulation.run(scenario)
  }

  /// Whether a seed catches it, with all rules on being well.
  func isCaught(by seed: UInt64) -> Bool {
    run(seed: seed).violation != nil && Simulation.run(Scenario(seed: seed)).violation == nil
  }

  /// The first seed below `bound`, of those with the same focus, that catches it.
  func first(below bound: UInt64) -> UInt64? {
    stride(from: seed % 8, to: bound, by: 8).first {
      Scenario.focus(of: $0) == Scenario.focus(of: seed) && isCaught(by: $0)
    }
  }

  static let all = [
    // The log is appended to only where it ends; a primary key is not enough (!).
    Mutant("insertIsGuarded", seed: 42) { $0.insertIsGuarded = false },
    // A decision that appends nothing is answered after a look (!).
    Mutant("confirmsEmpty", seed: 1) { $0.member.confirmsEmpty = false },
    // And that look is a renewal.
    Mutant("confirmsEmptyByCommit", seed: 105_714) { $0.member.confirmsEmptyByCommit = false },
    // A row in doubt is frozen (!).
    Mutant("freezesDoubt", seed: 1) { $0.member.freezesDoubt = false },
    // And confirmed by a renewal when it is seen.
    Mutant("confirmsDoubt", seed: 538) { $0.member.confirmsDoubt = false },
    // A host that was not first gets the turn.
    Mutant("takesTurns", seed: 47) { $0.member.takesTurns = false },
    // And holds up no other host for long.
    Mutant("turnsExpire", seed: 681) { $0.turnsExpire = false },
    // A log without the own end, or with another, gives nothing (!).
    Mutant("checksEnd", seed: 42) { $0.member.checksEnd = false },
    // A renewal needs the row that it says it has applied (!).
    Mutant("renewalNeedsRow", seed: 1442) { $0.renewalNeedsRow = false },
    // And so does an attempt to join.
    Mutant("joinNeedsRow", seed: 5706) { $0.joinNeedsRow = false },
    // Only what is committed renews (!).
    Mutant("renewsByCommit", seed: 50) { $0.member.renewsByCommit = false },
    // A renewal is one statement.
    Mutant("renewalReadsItself", seed: 808) { $0.renewalReadsItself = false },
    // CLOCK_BOOTTIME alone is not enough (!).
    Mutant("usesRaw", seed: 203) { $0.usesRaw = false },
    // Nor is the later of two clocks.
    Mutant("sumsStretches", seed: 299) { $0.sumsStretches = false },
    // A kept lease is kept with its clock.
    Mutant("resumesClock", seed: 339) { $0.resumesClock = false },
    // A ledger may have less after a power cut, and no lease.
    Mutant("leaseEndsWithBoot", seed: 9) { $0.leaseEndsWithBoot = false },
    // Another's lease lasts longer by a clock that is slewed.
    Mutant("allowsForSlew", seed: 43) { $0.member.allowsForSlew = false },
    // A worker takes its snapshot after it has read the call (!).
    Mutant("snapshotsAfterCall", seed: 44) { $0.snapshotsAfterCall = false },
    // And reads the clock last (!).
    Mutant("readsClockLast", seed: 4) { $0.readsClockLast = false },
    // Rows are applied before the lease is told (!).
    Mutant("appliesBeforeLease", seed: 4) { $0.member.appliesBeforeLease = false },
    // A member serves after a renewal that was sent when it was in (!).
    Mutant("joinsBeforeServing", seed: 14) { $0.member.joinsBeforeServing = false },
    // Nothing of a format that is too new is applied (!).
    Mutant("checksFormat", seed: 413) { $0.member.checksFormat = false },
    // The format is raised when all members can read it (!).
    Mutant("raisesFormatForAll", seed: 5) { $0.raisesFormatForAll = false },
    // A member is forgotten only if it has not moved.
    Mutant("forgetNeedsSeq", seed: 2132) { $0.forgetNeedsSeq = false },
    // A lease counts from before the request.
    Mutant("countsLeaseFromSend", seed: 2104) { $0.member.countsLeaseFromSend = false },
    // The own row is applied once it is committed.
    Mutant("insertsBeforeApplying", seed: 1) { $0.member.insertsBeforeApplying = false },
    // A full page renews nothing.
    Mutant("renewsByWholeAnswers", seed: 12) { $0.member.renewsByWholeAnswers = false },
    // A wait counts in one term of the log.
    Mutant("waitsInTerm", seed: 1520) { $0.member.waitsInTerm = false },
    // And only what was read after it began.
    Mutant("readsMembersAfter", seed: 1702) { $0.member.readsMembersAfter = false },
    // A member that joins again has a `seq` of its own.
    Mutant("joinsWithNewSeq", seed: 497) { $0.member.joinsWithNewSeq = false },
    // Rows move the counters before they are told to be applied.
    Mutant("movesCountersBeforeApplied", seed: 8) { $0.movesCountersBeforeApplied = false },
    // An answer is kept within the lease only.
    Mutant("pageHasLease", seed: 16) { $0.pageHasLease = false },
    // Which clients see by one clock, so that they get less of it.
    Mutant("pageLeaseAllowsForSlew", seed: 91) { $0.pageLeaseAllowsForSlew = false },
    // The answers of a daemon that has ended are not kept.
    Mutant("pageEndsWithProcess", seed: 24) { $0.pageEndsWithProcess = false },
    // A client loads the lease before the counters.
    Mutant("clientLoadsLeaseFirst", seed: 379) { $0.clientLoadsLeaseFirst = false },
    // And reads the clock last.
    Mutant("clientReadsClockLast", seed: 60) { $0.clientReadsClockLast = false },
  ]
}
