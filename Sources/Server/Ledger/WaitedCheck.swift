internal import Glibc
internal import Platform

/// Work on the ledger that a daemon waits for before it serves, in a process of its own.
///
/// Until then the daemon has no socket of its own, and the service manager waits: callers that have
/// connected to a socket of the manager wait too, and get no answer that may be wrong.
struct WaitedCheck {
  let folder: String
  let supervisor: Supervisor
  let log: Log

  /// How long a signal may wait to be noticed.
  private static let stepMilliseconds: Int32 = 50
  /// After how many steps the service manager is told to go on waiting.
  private static let stepsForSign = 100

  /// The outcome; nil if a signal came first. `status` tells the service manager what is done.
  func outcome(
    of word: String, _ status: String, _ signals: borrowing SignalDescriptor
  ) throws -> CheckOutcome? {
    supervisor.preparing(status)
    let child = try SpawnedSelf(word, folder)
    var said: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1024)
    var step = 0
    while true {
      if let signal = try signals.next(), signal.number != SIGHUP {
        log.info("stopped before serving", [("signal", "\(signal.number)")])
        return nil
      }
      step += 1
      if step.isMultiple(of: Self.stepsForSign) { supervisor.preparing(status) }
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
