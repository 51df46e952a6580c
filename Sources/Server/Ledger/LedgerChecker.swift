package import EventLoop
internal import Ledger
internal import Platform
internal import Services

/// Looks at the whole ledger some seconds after the start and then at intervals, and says so where
/// something is not what was written: a row that nobody has asked for yet, or one that a damaged
/// page hides, which looks as if it was not there.
///
/// The look is a process of its own, this program with another word: it may die of what it reads,
/// its locks are its own, and it lets everybody else go first.
package final class LedgerChecker: TimerHandler, EventHandler {
  private let folder: String
  private let intervalNanoseconds: Int64
  private let loop: EventLoop
  private let status: ServingStatus
  private let log: Log
  private var child: SpawnedSelf?
  private var registration: Registration?
  /// What the child has said so far.
  private var said: [UInt8] = []
  private var timer: TimerID?

  /// What tells this program that it is the child.
  package static let word = "check-ledger"
  /// The time from the start to the first look, if the interval isn't shorter.
  private static let firstNanoseconds: Int64 = 10_000_000_000
  /// The most that is read of a sentence.
  private static let mostBytes = 4096
  /// The child's exit code where the ledger is damaged.
  private static let isDamaged: Int32 = 1

  init(
    _ folder: String, everyNanoseconds: Int64, on loop: EventLoop, _ status: ServingStatus,
    _ log: Log
  ) {
    self.folder = folder
    intervalNanoseconds = everyNanoseconds
    self.loop = loop
    self.status = status
    self.log = log
    let first = min(everyNanoseconds, Self.firstNanoseconds)
    timer = loop.schedule(afterNanoseconds: first, self, token: 0)
  }

  /// Ends a look that is under way.
  func stop() {
    if let timer { loop.cancel(timer) }
    timer = nil
    leave()
  }

  package func timerFired(token: UInt64) {
    timer = loop.schedule(afterNanoseconds: intervalNanoseconds, self, token: 0)
    guard child == nil else { return }
    do throws(Errno) {
      let started = try SpawnedSelf(Self.word, folder)
      registration = try loop.add(started.output.rawValue, .readable, handler: self)
      child = consume started
    } catch {
      log.write(.warning, "the ledger can't be checked", [("reason", "\(error)")])
    }
  }

  package func ready(_ readiness: Readiness) {
    var chunk = [UInt8](repeating: 0, count: 1024)
    var room = chunk.mutableSpan
    do throws(Errno) {
      switch try child?.output.read(into: &room) {
      case .bytes(let count):
        said += chunk.prefix(min(count, Self.mostBytes - said.count))
        return
      case .wouldBlock: return
      case .endOfFile, nil: break
      }
      try finish()
    } catch {
      leave()
      log.write(.warning, "the ledger can't be checked", [("reason", "\(error)")])
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
      log.write(.warning, "the ledger can't be checked", [("reason", sentence)])
    }
  }

  /// The signals by which a process ends that reads what is not there.
  private static let faults: Set<Int32> = [4, 5, 6, 7, 8, 11]

  private func tell(_ fault: String) {
    let before = status.ledgerDamage.withLock { known in
      defer { known = fault }
      return known
    }
    guard fault != before else { return }
    if fault.isEmpty {
      log.write(.info, "the ledger is whole again", [])
    } else {
      log.write(.error, "the ledger is damaged", [("reason", fault)])
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
  /// What the child does: its exit code.
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
