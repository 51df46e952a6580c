internal import EventLoop
internal import Ledger
internal import Platform
internal import Synchronization

/// What the host writer is told.
enum HostMessage: Sendable {
  /// The wall clock is ahead, or was accepted.
  case lookAtClock
  /// Writes once more and ends.
  case stop
}

/// Notes, once a second and at the end, how far the ledger has come, in the file beside it, and
/// what time it is, and says which rows of it are damaged. On a thread of its own, since it waits
/// for the disk: no commit and no answer waits for it.
final class HostWriter: TimerHandler {
  private let keeper: HostKeeper
  private let damage: LedgerDamage
  private let log: Log
  private let loop: EventLoop
  private var receiver: MailboxReceiver<HostMessage>?
  private let clock: ClockWatch
  private var snapshot: Snapshot
  /// When it was last told that the file can't be written; nil for never.
  private var toldNanoseconds: Int64?
  /// The reads of damaged rows that were told, and when.
  private var toldReads: UInt64 = 0
  private var toldDamageNanoseconds: Int64?
  /// How often the file was gone, of which the log tells, and when it did.
  private var toldRenewals: UInt64 = 0
  private var toldRenewalNanoseconds: Int64?

  private static let intervalNanoseconds: Int64 = 1_000_000_000
  private static let tellingNanoseconds: Int64 = 60_000_000_000

  init(
    _ watched: WatchedClock, _ ledger: Ledger, _ log: Log
  ) throws {
    keeper = watched.host
    damage = ledger.damage
    self.log = log
    loop = try EventLoop()
    snapshot = try ledger.makeSnapshot()
    clock = ClockWatch(watched, on: loop, log)
    receiver = try MailboxReceiver(watched.mailbox, on: loop) { [unowned self] messages in
      self.clock.look()
      if messages.contains(.stop) { self.loop.stop() }
    }
    loop.schedule(afterNanoseconds: Self.intervalNanoseconds, self, token: 0)
  }

  /// Runs until a message stops it.
  func run() throws(Errno) {
    try loop.run()
    try receiver?.close()
    note()
    clock.finish()
    tellDamage()
  }

  func timerFired(token: UInt64) {
    clock.lookForSleep()
    note()
    tellDamage()
    loop.schedule(afterNanoseconds: Self.intervalNanoseconds, self, token: 0)
  }

  /// Names each row at once, and while such are read on, one of them now and then.
  private func tellDamage() {
    let reads = damage.reads
    guard reads > toldReads, let newest = damage.newest else { return }
    var rows = damage.takeFresh()
    let now = Clock.monotonicNanoseconds()
    if rows.isEmpty {
      if let told = toldDamageNanoseconds, now - told < Self.tellingNanoseconds { return }
      rows = [newest]
    }
    for row in rows {
      log.write(
        .error, "the ledger is damaged: nothing is answered from what is",
        [("reason", "\(row)"), ("reads", "\(reads - toldReads)")])
    }
    (toldReads, toldDamageNanoseconds) = (reads, now)
  }

  /// Says once a minute that the file was gone.
  private func tellRenewal() {
    let renewals = keeper.renewals.load(ordering: .relaxed)
    guard renewals > toldRenewals else { return }
    let now = Clock.monotonicNanoseconds()
    if let told = toldRenewalNanoseconds, now - told < Self.tellingNanoseconds { return }
    log.write(
      .error, "what this host notes of the ledger was removed or replaced, and is written anew",
      [("file", HostFile.name), ("times", "\(renewals - toldRenewals)")])
    (toldRenewals, toldRenewalNanoseconds) = (renewals, now)
  }

  private func note() {
    do {
      if !snapshot.isNewest {
        try snapshot.refresh(at: LedgerTime(nanoseconds: 0))
        let (revision, hash) = (snapshot.revision, snapshot.lastHash)
        snapshot.release()
        // Never back: a file that was written over would make this host forget what it knows.
        keeper.update { record in
          if revision > record.revision { (record.revision, record.hash) = (revision, hash) }
        }
      }
      try keeper.flush()
      tellRenewal()
    } catch {
      let now = Clock.monotonicNanoseconds()
      if let toldNanoseconds, now - toldNanoseconds < Self.tellingNanoseconds { return }
      toldNanoseconds = now
      log.write(.error, "what this host has acknowledged can't be noted", [("reason", "\(error)")])
    }
  }
}
