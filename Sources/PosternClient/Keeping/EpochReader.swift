internal import CEpochs
internal import Platform

/// A look at the daemon's page of counters, see `postern_epochs.h`, which this calls.
///
/// `@safe`: the pointer is this object's own until deinit, and only one thread uses it.
@safe
final class EpochReader {
  private let epochs: UnsafeMutablePointer<postern_epochs>
  private let socketPath: String
  /// When the page is asked for again, by the monotonic clock.
  private var nextOpening: Int64 = 0

  private static let patienceNanoseconds: Int64 = 1_000_000_000

  init(socketPath: String) {
    self.socketPath = socketPath
    unsafe epochs = .allocate(capacity: 1)
    unsafe epochs.initialize(to: postern_epochs())
  }

  deinit {
    unsafe postern_epochs_close(epochs)
    unsafe epochs.deallocate()
  }

  /// Whether there is a page of a daemon that lives, for which the daemon is asked if need be, but
  /// not again and again.
  func open() -> Bool {
    if unsafe postern_epochs_is_alive(epochs) == 1 { return true }
    let now = Clock.monotonicNanoseconds()
    guard now >= nextOpening else { return false }
    nextOpening = now + Self.patienceNanoseconds
    unsafe postern_epochs_close(epochs)
    return unsafe postern_epochs_open(epochs, socketPath) == 0
  }

  /// Whether an answer is still true; `now` is then the daemon's time.
  @inline(__always)
  func holds(_ keep: UnsafePointer<postern_keep>, _ now: inout Int64) -> Bool {
    unsafe postern_epochs_holds_at(epochs, keep, &now) == 1
  }

  /// The page that is read here; 0 for none.
  var page: UInt64 { unsafe epochs.pointee.page }
}
