internal import Ledger
internal import Messages

/// The result of verifying a log, by the daemon or by this process.
struct Verification {
  private(set) var isIntact = true
  /// 0: none.
  private(set) var verifiedRevision: UInt64 = 0
  private(set) var hash: [UInt8] = []
  /// 0: none, or it is unknown.
  private(set) var brokenRevision: UInt64 = 0
  private(set) var sentence = ""
  /// The newest revision.
  private(set) var revision: UInt64 = 0
  /// The epoch that revisions belong to; 0 if it can't be read.
  private(set) var ledgerEpoch: UInt64 = 0

  /// The result from the daemon, after it has verified the log up to `verified`.
  init(
    _ answer: PosternV1.VerifyLogResponse, after verified: UInt64, _ hash: [UInt8],
    revision: UInt64
  ) {
    isIntact = answer.intact
    let isFurther = answer.verifiedRevision > verified
    verifiedRevision = isFurther ? answer.verifiedRevision : hash.isEmpty ? 0 : verified
    self.hash = isFurther ? [UInt8](copying: answer.verifiedHash) : hash
    brokenRevision = answer.brokenRevision
    sentence = String(decoding: [UInt8](copying: answer.message), as: UTF8.self)
    self.revision = revision
    ledgerEpoch = answer.ledgerEpoch
  }

  /// The result of this process.
  init(_ report: LogReport, revision: UInt64, epoch: UInt64) {
    ledgerEpoch = epoch
    isIntact = report.fault == nil
    if let found = report.verifiedHash {
      verifiedRevision = report.verifiedRevision
      hash = [UInt8](copying: found.span)
    }
    brokenRevision = report.fault?.revision ?? 0
    sentence = report.fault?.sentence ?? ""
    self.revision = revision
  }

  /// The result for files that can't be read as a ledger.
  init(broken sentence: String) {
    isIntact = false
    self.sentence = sentence
  }

  /// What the fleet's log has, if the log was compared with it; empty if it wasn't.
  private(set) var fleetText = ""
  private var differsFromFleet = false

  /// Notes that the log is the same as the fleet's.
  mutating func isSameAsFleet(endingAt databaseRevision: UInt64) {
    fleetText =
      databaseRevision > revision
      ? "the fleet's log has the same, and goes on to revision \(databaseRevision), so "
        + "this host is behind"
      : "the fleet's log has the same"
  }

  /// Notes where the log differs from the fleet's.
  mutating func differs(_ difference: RowComparison.Difference) {
    isIntact = false
    differsFromFleet = true
    brokenRevision = difference.revision
    sentence = difference.sentence
  }

  /// Notes a fault outside the log, which itself is intact.
  mutating func broke(_ sentence: String) {
    isIntact = false
    self.sentence = sentence
  }

  var hashText: String { HexText.text(hash) }

  /// Prints the answer; `describe` gives the text for an intact log.
  func print(
    _ invocation: Invocation, _ describe: (Verification) -> String
  ) throws(Failure) {
    let arena = Arena(initialBytes: 1 << 10)
    let answer = PosternV1.VerifyLogResponse.Builder(in: arena)
    answer.setIntact(isIntact)
    answer.setVerifiedRevision(verifiedRevision)
    answer.setVerifiedHash(hash.span)
    answer.setBrokenRevision(brokenRevision)
    answer.setMessage(sentence)
    answer.setRevision(revision)
    answer.setLedgerEpoch(ledgerEpoch)
    try invocation.answer(answer.view) { _ in
      if isIntact { return describe(self) }
      if differsFromFleet {
        return "the log and the fleet's differ at revision \(brokenRevision): "
          + "\(DisplayText(sentence))"
      }
      let place = brokenRevision == 0 ? "" : " at revision \(brokenRevision)"
      let isLogWhole = brokenRevision == 0 && verifiedRevision > 0 && verifiedRevision == revision
      let what = isLogWhole ? "ledger" : "log"
      return "the \(what) is broken\(place): \(DisplayText(sentence))"
    }
  }
}
