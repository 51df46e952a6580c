internal import EventLoop
internal import Ledger
internal import Platform

/// The clock of an opened ledger, with what its watch needs.
struct WatchedClock: Sendable {
  let clock: LedgerClock
  /// The wall clock that was not believed when the daemon before ended.
  let doubt: WallClockDoubt.Held?
  let host: HostKeeper
  let mailbox: Mailbox<HostMessage>

  /// Starts the clock from the log and from what the host remembers. Where that is, is noted before
  /// anything is served, so that every later start finds this boot of the machine.
  init(_ ledger: Ledger, _ host: HostKeeper, _ log: Log) throws {
    let mailbox = try Mailbox<HostMessage>()
    self.mailbox = mailbox
    self.host = host
    let start = try ledger.clockStart(host.record.clock)
    doubt = start.doubt
    clock = LedgerClock(start) { mailbox.post(.lookAtClock) }
    do throws(HostFileError) {
      try host.save(ClockNote(clock.reading(), bootID: BootID.read()))
    } catch {
      log.write(.warning, "the time can't be noted beside the ledger", [("reason", "\(error)")])
    }
  }
}
