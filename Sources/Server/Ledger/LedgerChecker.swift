package import EventLoop
internal import Ledger
internal import Platform
internal import Services

/// Checks the whole ledger some seconds after the start and then at intervals, and reports damage:
/// a row that no call has read yet, or one that a damaged page hides, as if it did not exist.
///
/// A child process makes the check, this program started with another argument: damage may crash
/// it, it has its own locks, and it runs at the lowest priority.
package final class LedgerChecker: EventHandler {
  private let folder: String
  private let loop: EventLoop
  private let status: ServingStatus
  private let log: Log
  private var child: SpawnedSelf?
  private var registration: Registration?
  /// The output of the child so far.
  private var said: [UInt8] = []
  private var timer: LoopTimer?

  /// The argument that makes this program the child.
  package static let word = "check-ledger"
  /// The time from the start to the first check, if the interval isn't shorter.
  private static let firstNanoseconds: Int64 = 10_000_000_000
  /// How much of the child's output is read.
  private static let maximumBytes = 4096
  /// The child's exit code where the ledger is damaged.
  private static let isDamaged: Int32 = 1

  init(_ context: DaemonContext, everyNanoseconds: Int64, on loop: EventLoop) {
    folder = context.ledger.folder
    self.loop = loop
    status = context.services.status
    log = context.log
    timer = LoopTimer(on: loop) { [unowned self] in
      startCheck()
      return everyNanoseconds
    }
    timer?.schedule(afterNanoseconds: min(everyNanoseconds, Self.firstNanoseconds))
  }

  /// Checks no more, and ends a check that is under way.
  func stop() {
    timer?.cancel()
    leave()
  }

  private func startCheck() {
    guard child == nil else { return }
    do throws(Errno) {
      let started = try SpawnedSelf(Self.word, folder)
      registration = try loop.add(started.output.rawValue, .readable, handler: self)
      child = consume started
    } catch {
      log.warning("the ledger can't be checked", [("reason", "\(error)")])
    }
  }

  package func ready(_ readiness: Readiness) {
    var chunk = [UInt8](repeating: 0, count: 1024)
    var room = chunk.mutableSpan
    do throws(Errno) {
      switch try child?.output.read(into: &room) {
      case .bytes(let count):
        said += chunk.prefix(min(count, Self.maximumBytes - said.count))
        return
      case .wouldBlock: return
      case .endOfFile, nil: break
      }
      try finish()
    } catch {
      leave()
      log.warning("the ledger can't be checked", [("reason", "\(error)")])
    }
  }

  private func finish() throws(Errno) {
    if let registration { try loop.remove(registration) }
    registration = nil
    guard let ended = child.take() else { return }
    let sentence = String(decoding: said, as: UTF8.self)
    said.removeAll()
    switch try ended.wait() {
    case .exited(0): tell("")
    case .exited(Self.isDamaged): tell(sentence)
    case .died(let signal) where Self.faults.contains(signal):
      tell("its pages can't be read: signal \(signal)")
    case .exited, .died:
      log.warning("the ledger can't be checked", [("reason", sentence)])
    }
  }

  /// The signals that end a process which reads damaged pages.
  private static let faults: Set<Int32> = [4, 5, 6, 7, 8, 11]

  private func tell(_ fault: String) {
    let before = status.ledgerDamage.withLock { known in
      defer { known = fault }
      return known
    }
    guard fault != before else { return }
    if fault.isEmpty {
      log.info("the ledger is whole again", [])
    } else {
      log.error("the ledger is damaged", [("reason", fault)])
    }
  }

  private func leave() {
    if let registration { try? loop.remove(registration) }
    registration = nil
    // Kills it, and waits for its end.
    _ = child.take()
    said.removeAll()
  }
}

extension LedgerChecker {
  /// What the child does. Returns its exit code.
  package static func check(_ folder: String) -> Int32 {
    SpawnedSelf.giveWay()
    do {
      guard let fault = try LedgerCheck.fault(in: folder, scratch: "/tmp") else { return 0 }
      try StandardOutput.write(fault)
      return isDamaged
    } catch {
      try? StandardOutput.write("\(error)")
      return 2
    }
  }
}
