internal import Ledger
internal import Platform
internal import RPC
internal import Services

/// Whether the ledger can be written: the one place that knows, and says so to callers, in the log
/// and in the status. Belongs to the writer's thread.
final class LedgerCondition {
  private let ledger: Ledger
  private let log: Log
  private let status: ServingStatus
  private var isFull = false
  /// When the log last said that the ledger is full, by the monotonic clock.
  private var saidNanoseconds: Int64?
  /// Whether it has said so since there was room last.
  private var isSaid = false

  /// How often the log repeats it.
  private static let repeatNanoseconds: Int64 = 60_000_000_000

  init(_ ledger: Ledger, _ log: Log, _ status: ServingStatus) {
    self.ledger = ledger
    self.log = log
    self.status = status
  }

  /// There was no room for something; `room` is what there was. What a caller is told.
  @discardableResult
  func full(_ room: StoreRoom?) -> Status {
    let (sentence, bound) = describe(room)
    let now = Clock.monotonicNanoseconds()
    if !isFull { status.ledgerProblem.withLock { $0 = sentence } }
    isFull = true
    if saidNanoseconds.map({ now - $0 >= Self.repeatNanoseconds }) ?? true {
      saidNanoseconds = now
      isSaid = true
      log.write(
        .error, "the ledger is full: only what takes rights away is done", [("reason", sentence)])
    }
    return Status(
      .unavailable, sentence + "; only what takes rights away is done", reason: "LEDGER_FULL",
      metadata: bound, retryDelayMilliseconds: 5000)
  }

  /// Looks whether there is room again.
  func note(_ room: StoreRoom) {
    guard isFull, room.openBytes >= min(1 << 20, room.reserveBytes / 8) else { return }
    isFull = false
    status.ledgerProblem.withLock { $0 = "" }
    guard isSaid else { return }
    isSaid = false
    log.write(.info, "the ledger has room again", [("bytes", "\(room.openBytes)")])
  }

  /// As above, by itself; to be called now and then, between two batches.
  func look() {
    guard isFull, let room = try? ledger.makeRoom() else { return }
    note(room)
  }

  /// The ledger could not be written for another reason: what is on the disk is not known.
  func failed(_ error: StoreError) -> Never {
    log.fail("the ledger can't be written", [("reason", "\(error)")])
  }

  private func describe(_ room: StoreRoom?) -> (sentence: String, metadata: [(String, String)]) {
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
