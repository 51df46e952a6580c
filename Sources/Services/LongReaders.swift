package import Platform
internal import Synchronization

/// The readers that keep a view of the whole ledger for long: a backup, and the daemon's own check.
/// Pages that are freed meanwhile can't be used again, so a ledger with little room has none of
/// them: its last pages are for revokes.
package final class LongReaders: Sendable {
  /// Ends backups that are under way.
  package let copying = WriteStop()
  private let barred = Atomic<Bool>(false)
  private let ending = Guarded<(@Sendable () -> Void)?>(nil)

  package init() {}

  /// Whether none may begin.
  package var isBarred: Bool { barred.load(ordering: .relaxed) }

  /// Has `end` called, by any thread, when the check has to end. It may not wait.
  package func endCheck(by end: @escaping @Sendable () -> Void) { ending.withLock { $0 = end } }

  /// Ends all of them, and lets none begin until `admit`.
  package func bar() {
    guard !barred.exchange(true, ordering: .relaxed) else { return }
    copying.pause()
    ending.withLock { $0 }?()
  }

  /// Lets them begin again.
  package func admit() {
    guard barred.exchange(false, ordering: .relaxed) else { return }
    copying.goOn()
  }
}
