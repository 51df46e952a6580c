internal import Fleet
internal import Foundation
internal import Ledger
internal import Platform
@testable internal import Server
internal import TestSupport
internal import Testing
internal import Tokens

/// Which ledgers a daemon starts with, in a fleet and without one.
@Suite struct FleetStartTests {
  private let folder = TemporaryFolder()
  private let fleet = InstanceID(high: 5, low: 6)

  private func start(isInFleet: Bool, in folder: String? = nil) throws -> (Ledger, HostKeeper) {
    var configuration = Configuration(environment: [:])
    configuration.dataFolder = folder ?? self.folder.path
    configuration.limits.ledgerBytes = 16 << 20
    configuration.workers = 1
    let log = try Log(level: .error, format: .text)
    return try LedgerStart(configuration: configuration, log: log, isInFleet: isInFleet).open()
  }

  private func refusal(isInFleet: Bool) -> String {
    do {
      _ = try start(isInFleet: isInFleet)
      return ""
    } catch let error as ConfigurationError { return error.message } catch { return "\(error)" }
  }

  /// Appends organizations as rows of the fleet's log, up to a revision, and notes them.
  private func fill(_ ledger: Ledger, through revision: UInt64, of name: String = "o") throws {
    while ledger.newestHead.revision < revision {
      var draft = try ledger.makeDraft(
        at: LedgerTime(nanoseconds: 1), identifiers: TokenIDGenerator(),
        host: HostName("alpha".utf8))
      draft.beginCommand()
      WriterBench.create("\(name)-\(draft.revision)", &draft)
      let proposal = try draft.propose(isReport: false)
      let row = try #require(proposal.row)
      var application = RowApplication([row])
      let progress = application.step(on: ledger, nanoseconds: 0)
      #expect(progress == .ended(.applied(row.end)))
    }
  }

  private func join() throws {
    let (ledger, _) = try start(isInFleet: true)
    try ledger.joinFleet(fleet, epoch: 77)
  }

  @Test func staysInItsFleet() throws {
    try join()
    let message = refusal(isInFleet: false)
    #expect(message.contains("belongs to the fleet \(fleet)") && message.contains("--fleet"))
    let (ledger, keeper) = try start(isInFleet: true)
    #expect(ledger.fleetID == fleet && ledger.identity.epoch == 77)
    #expect(keeper.record.epoch == 77 && keeper.record.ledgerID == ledger.identity.id)
  }

  /// An older copy catches up from the fleet's log; the host's note keeps what it had acknowledged.
  @Test func startsWithAnOlderCopy() throws {
    try join()
    let copy = TemporaryFolder()
    do {
      let (ledger, keeper) = try start(isInFleet: true)
      try fill(ledger, through: 3)
      try copyLedger(to: copy)
      try fill(ledger, through: 9)
      keeper.update { $0 = (try? ledger.hostRecord()) ?? $0 }
      try keeper.flush()
    }
    try putBack(copy)
    let (ledger, keeper) = try start(isInFleet: true)
    #expect(ledger.newestHead.revision == 3 && keeper.record.revision == 9)
    #expect(ledger.identity.epoch == 77)
  }

  /// Another history is refused as without a fleet.
  @Test func refusesAnotherHistory() throws {
    try join()
    let copy = TemporaryFolder()
    do {
      let (ledger, keeper) = try start(isInFleet: true)
      try copyLedger(to: copy)
      try fill(ledger, through: 4)
      keeper.update { $0 = (try? ledger.hostRecord()) ?? $0 }
      try keeper.flush()
    }
    try putBack(copy)
    do {
      let ledger = try Ledger(folder: folder.path, mapSizeBytes: 16 << 20, readers: 20)
      try fill(ledger, through: 5, of: "other")
    }
    let message = refusal(isInFleet: true)
    #expect(message.contains("has another entry at revision 4"), "\(message)")
  }

  /// A restored copy is a ledger of its own, until it joins a fleet again.
  @Test func restoresACopyThatIsInNoFleet() throws {
    try join()
    do {
      let (ledger, _) = try start(isInFleet: true)
      try fill(ledger, through: 3)
    }
    let target = TemporaryFolder()
    _ = try Restoration.restore(
      folder.path("data.mdb"), into: target.path("new"), progress: { _, _ in })
    let (ledger, _) = try start(isInFleet: false, in: target.path("new"))
    #expect(ledger.fleetID == nil && ledger.newestHead.revision == 3)
    #expect(ledger.identity.epoch != 77)
  }

  private func copyLedger(to copy: TemporaryFolder) throws {
    try copyFile(folder.path("data.mdb"), to: copy.path("data.mdb"))
  }

  private func putBack(_ copy: TemporaryFolder) throws {
    try copyFile(copy.path("data.mdb"), to: folder.path("data.mdb"))
  }

  private func copyFile(_ source: String, to target: String) throws {
    try Data(contentsOf: URL(filePath: source)).write(to: URL(filePath: target))
  }
}
