internal import Fleet
internal import Ledger
internal import TestSupport
internal import Testing
internal import Tokens

/// A ledger of a fleet, and its machine's name and token ids.
final class LedgerMember {
  let folder = TemporaryFolder()
  private var opened: Ledger?
  var identifiers = TokenIDGenerator()
  private let name: HostName
  private let mapSizeBytes: Int

  init(_ name: String, mapSizeBytes: Int = 64 << 20) throws {
    self.name = try #require(HostName(name.utf8))
    self.mapSizeBytes = mapSizeBytes
    try reopen()
  }

  var ledger: Ledger {
    guard let opened else { preconditionFailure("the ledger could not be opened") }
    return opened
  }

  /// Opens the ledger, after closing it.
  func reopen() throws {
    opened = nil
    opened = try Ledger(folder: folder.path, mapSizeBytes: mapSizeBytes, readers: 8)
  }

  /// Decides a batch and proposes it.
  func propose(
    atNanoseconds time: Int64, isReport: Bool = false,
    _ decide: (inout Draft) -> Void
  ) throws -> DraftProposal {
    var draft = try ledger.makeDraft(
      at: LedgerTime(nanoseconds: time), identifiers: identifiers, host: name)
    draft.beginCommand()
    decide(&draft)
    let proposal = try draft.propose(isReport: isReport)
    identifiers = proposal.identifiers
    return proposal
  }

  /// Commits what was proposed, as it was decided. Whether it could be: not if something else was
  /// written before.
  func commit(_ proposal: DraftProposal, writingBefore: Bool = false) throws -> Bool {
    if writingBefore { try ledger.add([], methods: []) }
    let isCommitted = try #require(proposal.applied).commit()
    #expect(isCommitted != writingBefore)
    #expect(try !#require(proposal.applied).commit(), "it is committed once")
    #expect(!isCommitted || position == proposal.row?.end)
    return isCommitted
  }

  /// Applies rows, in steps of as little as possible.
  @discardableResult
  func apply(_ rows: [LogRow], nanoseconds: Int64 = 0) -> RowOutcome {
    var application = RowApplication(rows)
    while true {
      if case .ended(let outcome) = application.step(on: ledger, nanoseconds: nanoseconds) {
        return outcome
      }
    }
  }

  var position: LogPosition { ledger.newestHead.position }
}
