package import EventLoop
internal import Ledger
internal import Platform
internal import Services

/// Checks the whole ledger some seconds after the start and then at intervals, and reports damage:
/// a row that no call has read yet, or one that a damaged page hides, as if it did not exist.
///
/// A child process makes the check, this program started with another argument: damage may crash
/// it, it has its own locks, and it runs at the lowest priority. While the ledger has little room
/// there is none: see `LongReaders`.
package final class LedgerChecker: EventHandler {
  private let ledger: Ledger
  private let loop: EventLoop
  private let status: ServingStatus
  private let log: Log
  private let host: HostKeeper
  private var child: SpawnedSelf?
  private var registration: Registration?
  /// The output of the child so far.
  private var said: [UInt8] = []
  private var timer: LoopTimer?
  /// Looks what a check costs that is under way.
  private var costTimer: LoopTimer?
  /// The view that a check holds: of which commit it is, and how large the ledger was when it was
  /// seen first.
  private var held: (commit: Int, usedBytes: Int)?
  /// Why the last check did not compare the tables with the log; empty if it did.
  private var omission = ""
  private var receiver: MailboxReceiver<EndOfCheck>?
  /// Whether it was logged that there is no check.
  private var isAbsenceSaid = false

  /// The message that a check has to end.
  private struct EndOfCheck: Sendable {}

  /// The time from the start to the first check, if the interval isn't shorter.
  private static let firstNanoseconds: Int64 = 10_000_000_000

  /// How often it looks what a check costs.
  private static let costNanoseconds: Int64 = 250_000_000
  /// By how much the ledger may grow while a check holds a view.
  private static let maximumGrowthBytes = 16 << 20

  init(
    _ context: DaemonContext, _ host: HostKeeper, everyNanoseconds: Int64, on loop: EventLoop
  ) {
    ledger = context.ledger
    self.host = host
    self.loop = loop
    status = context.services.status
    log = context.log
    timer = LoopTimer(on: loop) { [unowned self] in
      startCheck()
      return everyNanoseconds
    }
    timer?.schedule(afterNanoseconds: min(everyNanoseconds, Self.firstNanoseconds))
    costTimer = LoopTimer(on: loop) { [unowned self] in
      endIfCostly()
      return child == nil ? nil : Self.costNanoseconds
    }
  }

  /// Ends a check from now on when the ledger has little room.
  func listen() throws {
    let mailbox = try Mailbox<EndOfCheck>()
    receiver = try MailboxReceiver(mailbox, on: loop) { [unowned self] _ in
      self.endForRevokes()
    }
    status.longReaders.endCheck { mailbox.post(EndOfCheck()) }
  }

  /// Ends a check that holds a view for so long that the ledger grows by much. It runs at the
  /// lowest priority: while others take all of the processors, it may stand still in the middle.
  private func endIfCostly() {
    let used = ledger.statistics.usedBytes
    guard let own = child?.processID, let view = ledger.oldestOtherView, view.processID == own
    else {
      held = nil
      return
    }
    guard let held, held.commit == view.commit else {
      held = (view.commit, used)
      return
    }
    guard used - held.usedBytes > Self.maximumGrowthBytes else { return }
    leave()
    log.warning(
      "the check of the ledger was ended: the machine is too busy for it, and the ledger grew",
      [("bytes", "\(used - held.usedBytes)")])
  }

  /// Checks no more, and ends a check that is under way.
  func stop() {
    timer?.cancel()
    costTimer?.cancel()
    try? receiver?.close()
    leave()
  }

  /// Ends a check that is under way, since its view keeps pages from being used again.
  private func endForRevokes() {
    guard child != nil else { return }
    leave()
    sayAbsence()
  }

  private func sayAbsence() {
    guard !isAbsenceSaid else { return }
    isAbsenceSaid = true
    log.warning(
      "the ledger is not checked while it is full: its last pages are for revokes", [])
  }

  private func startCheck() {
    guard child == nil else { return }
    if status.longReaders.isBarred { return sayAbsence() }
    do throws(Errno) {
      let started = try SpawnedSelf(CheckProcess.word, ledger.folder)
      registration = try loop.add(started.output.rawValue, .readable, handler: self)
      child = consume started
      costTimer?.schedule(afterNanoseconds: Self.costNanoseconds)
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
        said += chunk.prefix(min(count, CheckProcess.maximumBytes - said.count))
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
    isAbsenceSaid = false
    switch CheckOutcome(try ended.wait(), sentence) {
    case .whole: acquit(uncompared: "")
    case .uncompared(let reason): acquit(uncompared: reason)
    case .damaged(let fault): tell(fault, uncompared: "")
    case .contradicted(let fault): distrust(fault)
    case .failed(let reason):
      log.warning("the ledger can't be checked", [("reason", reason)])
    }
  }

  private func tell(_ fault: String, uncompared reason: String) {
    if !reason.isEmpty, reason != omission {
      log.warning("the ledger's tables were not compared with its log", [("reason", reason)])
    }
    omission = reason
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

  private func acquit(uncompared reason: String) {
    tell("", uncompared: reason)
    host.update { $0.tables = .none }
  }

  /// Ends all that rests on the tables. They are made anew at the next start, which a supervisor
  /// makes at once; but not again and again, where they were made anew at this one.
  private func distrust(_ fault: String) {
    timer?.cancel()
    ledger.distrustTables()
    status.ledgerDamage.withLock { $0 = fault }
    log.error(Self.contradiction, [("reason", fault)])
    let isRepeated = host.record.tables == .rebuilt
    host.update { $0.tables = .contradicted }
    do throws(HostFileError) { try host.flush() } catch {
      log.error("this host's note about the ledger can't be written", [("reason", "\(error)")])
    }
    guard status.isSupervised else { return }
    if isRepeated {
      return log.error(
        "the tables were made anew at this start, and are wrong again: a disk or memory fails", [])
    }
    log.info("ending, to be started again with tables that are made anew", [])
    ProcessControl.terminateSelf()
  }

  /// What is logged of tables that are not what the log says.
  static let contradiction =
    "the ledger's tables are not what its log says: nothing is answered from them"

  private func leave() {
    if let registration { try? loop.remove(registration) }
    registration = nil
    // Kills it, and waits for its end.
    _ = child.take()
    said.removeAll()
  }
}
