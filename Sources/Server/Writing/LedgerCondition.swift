internal import Ledger
internal import Platform
internal import RPC
internal import Services
internal import Synchronization

/// Whether the ledger can be written: the one place that decides what a failed transaction means,
/// and tells callers, the log and the status. Belongs to the writer's thread.
///
/// - No room: only what takes rights away is done, until there is room again.
/// - Pages could not be written, though the disk has room: nothing is changed and the next
///   transaction is tried. What was committed before is whole.
/// - A sync failed, or the write that makes a commit count: writing ends, reading goes on. The
///   kernel reports a lost write once, so a repeated sync would prove nothing. Opening the ledger
///   anew tells what is on the disk; a daemon with a supervisor ends for that, once the disk takes
///   a write and a sync of another file, and not before some seconds have passed.
final class LedgerCondition {
  private enum Problem { case none, full, unwritten, ended }

  private let ledger: Ledger
  private let log: Log
  private let status: ServingStatus
  private var problem = Problem.none
  /// What callers are told when writing has ended.
  private var ending: Status?
  /// When it ended, by the monotonic clock; nil if a restart would not help.
  private var endedNanoseconds: Int64?
  private var reminder = Reminder()
  /// Whether the present problem was logged.
  private var isSaid = false
  /// Whether no reader may hold a view of the whole ledger.
  private var isBarred = false
  /// The other process whose view keeps a full ledger from using its free pages; nil for none.
  private var blocker: Int32?

  /// How long a daemon runs at least after its writing has ended, so that restarts are rare.
  private static let restNanoseconds: Int64 = 10_000_000_000

  init(_ context: DaemonContext) {
    ledger = context.ledger
    log = context.log
    status = context.services.status
  }

  /// Why nothing is written any more; nil while it may be.
  var refusal: Status? { ending }

  /// Notes that there was no room for a change. Returns the status for its caller.
  @discardableResult
  func full(_ room: StoreRoom?) -> Status {
    let (sentence, bound) = describe(room)
    bar(true)
    begin(.full, sentence)
    say("the ledger is full: only changes that take rights away are made", sentence)
    return Status(
      .unavailable, sentence + "; only changes that take rights away are made",
      reason: "LEDGER_FULL", metadata: bound, retryDelayMilliseconds: 5000)
  }

  /// Notes that a transaction has failed. Returns the status for its callers; none was
  /// acknowledged.
  @discardableResult
  func failed(_ error: StoreError) -> Status {
    if let ending { return ending }
    switch error {
    case .full:
      blocker = ledger.blockingProcess
      return full(try? ledger.makeRoom())
    case .unsettled:
      endedNanoseconds = Clock.monotonicNanoseconds()
      return end(error)
    case .corrupted, .unusable, .replaced, .tooNew: return end(error)
    case .contradicted:
      // What has found it ends the daemon where that helps.
      return end(error, .contradicted)
    case .damagedRow:
      // The log says elsewhere which; other rows can be written.
      return Status(
        .internalError, "the ledger is damaged where the change would be written",
        reason: "LEDGER_DAMAGED")
    case .keyLength, .outOfOrder:
      // No input makes a key that is too long or out of order.
      log.fail(Self.cannotWrite, [("reason", "\(error)")])
    case .notWritten, .system, .readersFull, .noRoomForLock, .wrongKind, .missing,
      .viewNeeded:
      let sentence = "\(Self.cannotWrite): \(error)"
      begin(.unwritten, sentence)
      say("\(Self.cannotWrite): changes are refused", "\(error)")
      return Status(
        .unavailable, "\(sentence); nothing was changed", reason: "LEDGER_FAILED",
        retryDelayMilliseconds: 5000)
    }
  }

  private static let cannotWrite = "the ledger can't be written"

  private func end(_ error: StoreError, _ status: Status? = nil) -> Status {
    let refusal =
      status
      ?? Status(
        .unavailable, "the ledger is not written any more: \(error)", reason: "LEDGER_FAILED")
    ending = refusal
    begin(.ended, refusal.message)
    self.status.isLedgerFailed.store(true, ordering: .relaxed)
    log.error(
      status == nil
        ? "the ledger is not written any more: it is read as of the last change that was written"
        : "the ledger is not written any more",
      [("reason", "\(error)")])
    return refusal
  }

  /// Looks whether there is little room, or room again.
  func note(_ room: StoreRoom) {
    bar(room.isScarce)
    if room.isScarce { return }
    guard problem == .full else { return }
    recover("the ledger has room again", [("bytes", "\(room.openBytes)")])
  }

  /// Ends those that read the whole ledger, here and in other processes, or lets them begin again.
  private func bar(_ isBarred: Bool) {
    guard isBarred != self.isBarred else { return }
    self.isBarred = isBarred
    ledger.barLongViews(isBarred)
    isBarred ? status.longReaders.bar() : status.longReaders.admit()
  }

  /// A change was committed.
  func written() {
    if problem == .unwritten { recover("the ledger is written again", []) }
  }

  /// Checks between two batches whether a problem is over.
  func look() {
    switch problem {
    case .unwritten: return
    case .none, .full:
      if let room = try? ledger.makeRoom() { note(room) }
      blocker = problem == .full ? ledger.blockingProcess : nil
    case .ended: startAgainIfThatHelps()
    }
  }

  /// Ends the daemon for its supervisor to start it again, as a signal would.
  private func startAgainIfThatHelps() {
    guard status.isSupervised, let ended = endedNanoseconds,
      Clock.monotonicNanoseconds() - ended >= Self.restNanoseconds,
      DiskProbe.isWritable(folder: ledger.folder)
    else { return }
    endedNanoseconds = nil
    log.info("the disk accepts writes again: ending, to be started again", [])
    ProcessControl.terminateSelf()
  }

  private func begin(_ new: Problem, _ sentence: String) {
    guard problem != new else { return }
    problem = new
    status.ledgerProblem.withLock { $0 = sentence }
    status.isLedgerFull.store(new == .full, ordering: .relaxed)
  }

  private func recover(_ event: String, _ fields: [(String, String)]) {
    begin(.none, "")
    guard isSaid else { return }
    isSaid = false
    log.info(event, fields)
  }

  private func say(_ event: String, _ reason: String) {
    guard reminder.isDue else { return }
    reminder.note()
    isSaid = true
    log.error(event, [("reason", reason)])
  }

  private func describe(_ room: StoreRoom?) -> (sentence: String, metadata: [(String, String)]) {
    var (sentence, metadata) = bound(of: room)
    if let blocker {
      sentence += "; process \(blocker) reads an old state of it and keeps its free pages: end it"
      metadata.append(("reader_pid", "\(blocker)"))
    }
    return (sentence, metadata)
  }

  private func bound(of room: StoreRoom?) -> (sentence: String, metadata: [(String, String)]) {
    switch room?.bound {
    case .map(let bytes):
      (
        "the ledger is full: --max-ledger-bytes of \(bytes) is reached",
        [("limit", "max-ledger-bytes"), ("value", "\(bytes)")]
      )
    case .disk(let freeBytes, let reason):
      (
        "the ledger in `\(ledger.folder)` is full, and the disk has no more for it: \(reason), "
          + "\(freeBytes) bytes are free",
        [("path", ledger.folder), ("free_bytes", "\(freeBytes)")]
      )
    case StoreBound.none?, nil: ("the ledger is full: nothing was changed", [])
    }
  }
}
