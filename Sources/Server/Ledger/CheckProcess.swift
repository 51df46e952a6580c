internal import Ledger
internal import Platform

/// This program started with another argument, to look at a ledger, or to make its tables anew, and
/// do nothing else.
package enum CheckProcess {
  /// The argument for a check beside a daemon that serves.
  static let word = "check-ledger"
  /// The argument for a check that a daemon waits for: it is made at the daemon's priority, and
  /// leaves nothing out because the ledger is large.
  static let wordBeforeServing = "check-ledger-before-serving"
  /// The argument for new tables.
  static let wordRebuild = "rebuild-tables"
  /// How much of its output is read.
  static let maximumBytes = 4096

  fileprivate enum ExitCode {
    static let whole: Int32 = 0
    static let damaged: Int32 = 1
    static let failed: Int32 = 2
    static let uncompared: Int32 = 3
    static let contradicted: Int32 = 4
  }

  /// Does what the arguments ask for, and returns the exit code; nil if they ask for neither.
  package static func run(_ arguments: [String]) -> Int32? {
    guard arguments.count == 2, [word, wordBeforeServing, wordRebuild].contains(arguments[0])
    else { return nil }
    SpawnedSelf.endWithParent()
    if arguments[0] == word { SpawnedSelf.giveWay() }
    do {
      switch try perform(arguments[0], in: arguments[1]) {
      case .whole: return ExitCode.whole
      case .uncompared(let reason):
        try StandardOutput.write(reason)
        return ExitCode.uncompared
      case .damaged(let fault):
        try StandardOutput.write(fault)
        return ExitCode.damaged
      case .contradicted(let fault):
        try StandardOutput.write(fault)
        return ExitCode.contradicted
      }
    } catch {
      try? StandardOutput.write("\(error)")
      return ExitCode.failed
    }
  }

  private static func perform(_ word: String, in folder: String) throws -> LedgerFinding {
    switch word {
    case wordRebuild:
      try ProcessControl.ignoreFileSizeSignal()
      return try TableRebuild.perform(in: folder)
    case wordBeforeServing: return try LedgerCheck.look(in: folder, replayedBytes: .max)
    default: return try LedgerCheck.look(in: folder)
    }
  }
}

/// What such a process has found, from how it ended and what it has written.
enum CheckOutcome: Equatable {
  case whole
  /// The log and the rows are whole; why the tables were not compared with the log.
  case uncompared(String)
  /// The log, or rows that nothing is answered from. A process that a signal has ended is no proof
  /// of more: others can send it, and a page of the log may be what can't be read.
  case damaged(String)
  /// The tables are not what the log says, or hide rows.
  case contradicted(String)
  /// There was no check, or there are no new tables; why.
  case failed(String)

  /// The signals that end a process which reads damaged pages.
  private static let faults: Set<Int32> = [4, 5, 6, 7, 8, 11]

  init(_ ending: ForkedChild.Ending, _ sentence: String) {
    switch ending {
    case .exited(CheckProcess.ExitCode.whole): self = .whole
    case .exited(CheckProcess.ExitCode.uncompared): self = .uncompared(sentence)
    case .exited(CheckProcess.ExitCode.damaged): self = .damaged(sentence)
    case .exited(CheckProcess.ExitCode.contradicted): self = .contradicted(sentence)
    case .died(let signal) where Self.faults.contains(signal):
      self = .damaged("its pages can't be read: signal \(signal)")
    case .died(let signal): self = .failed("signal \(signal) has ended it")
    case .exited: self = .failed(sentence)
    }
  }
}
