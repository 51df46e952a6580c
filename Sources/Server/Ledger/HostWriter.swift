internal import EventLoop
internal import Ledger
internal import Platform
internal import Synchronization

/// A message to the host writer.
enum HostMessage: Sendable {
  /// The wall clock is ahead, or was accepted.
  case lookAtClock
  /// Writes once more and ends.
  case stop
}

/// Notes in the file beside the ledger, once a second and at the end, the newest revision and the
/// time, and logs which rows of the ledger are damaged. In a fleet it makes the checkpoints of the
/// ledger. It has its own thread, since it waits for the disk: no commit and no answer waits for
/// it.
final class HostWriter {
  private let keeper: HostKeeper
  private let damage: LedgerDamage
  private let log: Log
  private let loop: EventLoop
  private var receiver: MailboxReceiver<HostMessage>?
  private let clock: ClockWatch
  private let ledger: Ledger
  /// For the line that the file can't be written.
  private var failureReminder = Reminder()
  /// The reads of damaged rows that were logged.
  private var loggedReads: UInt64 = 0
  private var damageReminder = Reminder()
  /// How often the file was gone, as far as that was logged.
  private var loggedRenewals: UInt64 = 0
  private var renewalReminder = Reminder()

  private static let intervalNanoseconds: Int64 = 1_000_000_000
  /// How often what came from a fleet is brought to the disk.
  private static let checkpointNanoseconds: Int64 = 100_000_000

  init(_ context: DaemonContext, _ watched: WatchedClock, on loop: EventLoop) throws {
    keeper = watched.host
    damage = context.ledger.damage
    log = context.log
    self.loop = loop
    ledger = context.ledger
    clock = ClockWatch(watched, on: loop, log: log)
    receiver = try MailboxReceiver(watched.mailbox, on: loop) { [unowned self] messages in
      self.clock.look()
      if messages.contains(.stop) { self.loop.stop() }
    }
    LoopTimer.every(nanoseconds: Self.intervalNanoseconds, on: loop) { [unowned self] in
      clock.lookForSleep()
      note()
      tellDamage()
    }
    guard ledger.isCheckpointed else { return }
    // The writer finds what has failed, and tells it.
    LoopTimer.every(nanoseconds: Self.checkpointNanoseconds, on: loop) { [unowned self] in
      _ = try? ledger.checkpoint()
    }
  }

  /// Runs until a message stops it.
  func run() throws(Errno) {
    try loop.run()
    try receiver?.close()
    note()
    clock.finish()
    tellDamage()
    try? ledger.endCheckpoints()
  }

  /// Logs each damaged row at once, and one of them a minute while they are still read.
  private func tellDamage() {
    let reads = damage.reads
    guard reads > loggedReads, let newest = damage.newest else { return }
    var rows = damage.takeFresh()
    if rows.isEmpty {
      guard damageReminder.isDue else { return }
      rows = [newest]
    }
    damageReminder.note()
    for row in rows {
      log.error(
        "the ledger is damaged: calls that read a damaged row fail",
        [("reason", "\(row)"), ("reads", "\(reads - loggedReads)")])
    }
    loggedReads = reads
  }

  /// Logs once a minute that the file was gone.
  private func tellRenewal() {
    let renewals = keeper.renewals.load(ordering: .relaxed)
    guard renewals > loggedRenewals, renewalReminder.isDue else { return }
    renewalReminder.note()
    log.error(
      "this host's note about the ledger was removed or replaced: it is written again",
      [("file", HostFile.name), ("times", "\(renewals - loggedRenewals)")])
    loggedRenewals = renewals
  }

  private func note() {
    do {
      // From memory: whatever lies at the file's place now, this is what was acknowledged here.
      let head = ledger.newestHead
      // The note never says more than what a power cut leaves of the ledger.
      let isOnDisk = (try? ledger.checkpoint()) ?? false
      keeper.update { record in
        if isOnDisk, head.revision > record.revision {
          (record.revision, record.hash) = (head.revision, head.hashBytes)
        }
      }
      try keeper.flush()
      tellRenewal()
    } catch {
      guard failureReminder.isDue else { return }
      failureReminder.note()
      log.error("this host's note about the ledger can't be written", [("reason", "\(error)")])
    }
  }
}
