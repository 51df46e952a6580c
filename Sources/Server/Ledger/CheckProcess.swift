internal import Ledger
internal import Platform

/// This program started with another argument, to check a ledger and do nothing else.
package enum CheckProcess {
  /// The argument for a check beside a daemon that serves.
  static let word = "check-ledger"
  /// The argument for a check that a daemon waits for: it is made at the daemon's priority, and
  /// leaves nothing out because the ledger is large.
  static let wordBeforeServing = "check-ledger-before-serving"
  /// How much of its output is read.
  static let maximumBytes = 4096

  fileprivate enum ExitCode {
    static let whole: Int32 = 0
    static let damaged: Int32 = 1
    static let failed: Int32 = 2
    static let uncompared: Int32 = 3
  }

  /// Runs the check if the arguments ask for one, and returns the exit code; nil otherwise.
  package static func run(_ arguments: [String]) -> Int32? {
    guard arguments.count == 2, [word, wordBeforeServing].contains(arguments[0]) else {
      return nil
    }
    SpawnedSelf.endWithParent()
    let isWaitedFor = arguments[0] == wordBeforeServing
    if !isWaitedFor { SpawnedSelf.giveWay() }
    do {
      let limit = isWaitedFor ? Int.max : LedgerCheck.maximumReplayedBytes
      switch try LedgerCheck.look(in: arguments[1], replayedBytes: limit) {
      case .whole: return ExitCode.whole
      case .uncompared(let reason):
        try StandardOutput.write(reason)
        return ExitCode.uncompared
      case .damaged(let fault):
        try StandardOutput.write(fault)
        return ExitCode.damaged
      }
    } catch {
      try? StandardOutput.write("\(error)")
      return ExitCode.failed
    }
  }
}

/// What a check has found, from how its process ended and what it has written.
enum CheckOutcome: Equatable {
  case whole
  /// The log and the rows are whole; why the tables were not compared with the log.
  case uncompared(String)
  case damaged(String)
  /// There was no check; why.
  case failed(String)

  /// The signals that end a process which reads damaged pages.
  private static let faults: Set<Int32> = [4, 5, 6, 7, 8, 11]

  init(_ ending: ForkedChild.Ending, _ sentence: String) {
    switch ending {
    case .exited(CheckProcess.ExitCode.whole): self = .whole
    case .exited(CheckProcess.ExitCode.uncompared): self = .uncompared(sentence)
    case .exited(CheckProcess.ExitCode.damaged): self = .damaged(sentence)
    case .died(let signal) where Self.faults.contains(signal):
      self = .damaged("its pages can't be read: signal \(signal)")
    case .died(let signal): self = .failed("signal \(signal) has ended it")
    case .exited: self = .failed(sentence)
    }
  }
}
