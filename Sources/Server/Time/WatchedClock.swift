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

  /// Starts the clock from the log and from the host's note. It notes the time before anything is
  /// served, so that every later start finds this boot of the machine.
  init(of ledger: Ledger, _ host: HostKeeper, log: Log) throws {
    let mailbox = try Mailbox<HostMessage>()
    self.mailbox = mailbox
    self.host = host
    let start = try ledger.clockStart(host.record.clock)
    doubt = start.doubt
    clock = LedgerClock(start, epochs: ledger.epochs) { mailbox.post(.lookAtClock) }
    do throws(HostFileError) {
      try host.save(ClockNote(clock.reading(), bootID: BootID.read()))
    } catch {
      log.warning("the time can't be noted beside the ledger", [("reason", "\(error)")])
    }
  }

  /// Sets the clock to a wall clock that an operator has accepted, as the log says by now. It is
  /// noted first, so that the time goes on from there after a crash too. If the note can't be
  /// written, the log tells, and the clock is right as long as this daemon runs.
  ///
  /// Hazard: waits for the disk.
  func accept(_ reading: ClockReading, log: Log) {
    do throws(HostFileError) {
      try host.save(ClockNote(following: reading, bootID: BootID.read()))
    } catch {
      log.warning("the accepted time can't be noted beside the ledger", [("reason", "\(error)")])
    }
    clock.accept(reading)
  }
}
