internal import Ledger
internal import Platform

/// What is done with a ledger before anything is answered from it.
///
/// Where a check has found that its tables are not what its log says, or with `--rebuild-tables`,
/// they are made anew. With `--check-before-serving` the whole ledger is looked at: the daemon
/// serves only if log, rows, their order and a replay of the log agree.
struct CheckBeforeServing {
  private let configuration: Configuration
  private let work: WaitedCheck
  private let log: Log
  private var folder: String { configuration.dataFolder }

  init(_ configuration: Configuration, _ supervisor: Supervisor, log: Log) {
    self.configuration = configuration
    work = WaitedCheck(folder: configuration.dataFolder, supervisor: supervisor, log: log)
    self.log = log
  }

  /// Does it to a ledger that is there. Returns false if a signal ended it.
  func run(_ signals: borrowing SignalDescriptor) throws -> Bool {
    guard Ledger.isThere(in: folder), Ledger.isReachable(in: folder) else { return true }
    let isContradicted = try HostFile.open(folder: folder)?.record.tables == .contradicted
    if isContradicted || configuration.rebuildsTables {
      guard try rebuild(signals) else { return false }
    }
    guard configuration.checksBeforeServing else { return true }
    return try check(signals, mayRebuild: !isContradicted)
  }

  private func check(_ signals: borrowing SignalDescriptor, mayRebuild: Bool) throws -> Bool {
    log.info("checking the ledger before serving", [("data", folder)])
    guard
      let outcome = try work.outcome(
        of: CheckProcess.wordBeforeServing, "checking the ledger before serving", signals)
    else { return false }
    switch outcome {
    case .whole: return true
    case .contradicted(let fault) where mayRebuild:
      log.error(LedgerChecker.contradiction, [("reason", fault)])
      return try rebuild(signals) && check(signals, mayRebuild: false)
    case .damaged(let fault), .contradicted(let fault):
      throw ConfigurationError("the ledger in `\(folder)` is damaged: \(fault): \(Self.cure)")
    case .uncompared(let reason):
      throw ConfigurationError(
        "the ledger in `\(folder)` can't be compared with its log, as --check-before-serving "
          + "demands: \(reason)")
    case .failed(let reason):
      throw ConfigurationError("the ledger in `\(folder)` can't be checked: \(reason)")
    }
  }

  private static let cure =
    "restore a backup (`postern restore`) into an empty folder; a member of a fleet may start with "
    + "an empty folder instead, and takes all from the fleet's log"

  /// Makes the tables anew. What was asked for is noted before, so that a start after this one does
  /// it again if it is cut off.
  private func rebuild(_ signals: borrowing SignalDescriptor) throws -> Bool {
    try note(.contradicted)
    log.warning("making the tables anew from the log, before serving", [("data", folder)])
    guard
      let outcome = try work.outcome(
        of: CheckProcess.wordRebuild, "making the ledger's tables anew", signals)
    else { return false }
    let refusal = "the ledger in `\(folder)` can't be served: its tables are to be made anew, and "
    switch outcome {
    case .whole: break
    case .damaged(let fault), .contradicted(let fault):
      throw ConfigurationError(
        refusal + "what they are made from is damaged: \(fault): \(Self.cure)")
    case .uncompared(let reason), .failed(let reason):
      throw ConfigurationError(
        refusal + "that failed: \(reason). It takes as much of the disk as the ledger, "
          + "\(Ledger.fileBytes(in: folder)) bytes")
    }
    try note(.rebuilt)
    log.info("the tables were made anew from the log", [("data", folder)])
    return true
  }

  private func note(_ finding: TablesFinding) throws {
    guard let host = try HostFile.open(folder: folder), host.record.tables != finding else {
      return
    }
    var record = host.record
    record.tables = finding
    try host.write(record)
  }
}
