internal import Glibc
internal import Ledger
internal import Platform

/// With `--check-before-serving`: looks at the whole ledger before anything is answered from it,
/// and refuses to start unless log, rows, their order and a replay of the log agree.
///
/// Until then the daemon has no socket of its own, and the service manager waits: callers that have
/// connected to a socket of the manager wait too, and get no answer that may be wrong.
struct CheckBeforeServing {
  private let isWanted: Bool
  private let folder: String
  private let supervisor: Supervisor
  private let log: Log

  /// How long a signal may wait to be noticed.
  private static let stepMilliseconds: Int32 = 50
  /// After how many steps the service manager is told to go on waiting.
  private static let stepsForSign = 100

  init(_ configuration: Configuration, _ supervisor: Supervisor, log: Log) {
    isWanted = configuration.checksBeforeServing
    folder = configuration.dataFolder
    self.supervisor = supervisor
    self.log = log
  }

  /// Checks a ledger that is there, if that is wanted. Returns false if a signal ended the check.
  func run(_ signals: borrowing SignalDescriptor) throws -> Bool {
    guard isWanted, Ledger.isThere(in: folder), Ledger.isReachable(in: folder) else { return true }
    log.info("checking the ledger before serving", [("data", folder)])
    supervisor.checking()
    guard let outcome = try check(signals) else { return false }
    let cure = "restore a backup (`postern restore`) into an empty folder"
    switch outcome {
    case .whole: return true
    case .damaged(let fault):
      throw ConfigurationError("the ledger in `\(folder)` is damaged: \(fault): \(cure)")
    case .uncompared(let reason):
      throw ConfigurationError(
        "the ledger in `\(folder)` can't be compared with its log, as --check-before-serving "
          + "demands: \(reason)")
    case .failed(let reason):
      throw ConfigurationError("the ledger in `\(folder)` can't be checked: \(reason)")
    }
  }

  /// The outcome; nil if a signal came first.
  private func check(_ signals: borrowing SignalDescriptor) throws -> CheckOutcome? {
    let child = try SpawnedSelf(CheckProcess.wordBeforeServing, folder)
    var said: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1024)
    var step = 0
    while true {
      if let signal = try signals.next(), signal.number != SIGHUP {
        log.info("stopped before serving", [("signal", "\(signal.number)")])
        return nil
      }
      step += 1
      if step.isMultiple(of: Self.stepsForSign) { supervisor.checking() }
      guard try child.output.waitUntilReadable(timeoutMilliseconds: Self.stepMilliseconds) else {
        continue
      }
      var room = chunk.mutableSpan
      switch try child.output.read(into: &room) {
      case .bytes(let count):
        said += chunk.prefix(min(count, CheckProcess.maximumBytes - said.count))
      case .wouldBlock: continue
      case .endOfFile:
        return CheckOutcome(try child.wait(), String(decoding: said, as: UTF8.self))
      }
    }
  }
}
