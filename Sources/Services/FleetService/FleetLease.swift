package import EpochPage
internal import Platform
internal import Synchronization

/// Until when the daemon may answer from what it knows of its fleet. The writer's thread moves it,
/// and every worker looks at it after it has read calls.
///
/// It ends by two clocks, whichever is first: CLOCK_BOOTTIME, which counts while the machine sleeps
/// but can be slewed, and CLOCK_MONOTONIC_RAW, which can't be slewed but sleeps.
///
/// Hazard: the order. The writer's thread moves it only after the revision that it rests on is
/// published. A worker loads the end, then refreshes its snapshot, then reads the clocks: with the
/// snapshot first, rows could be applied and the lease renewed in between, and it would answer from
/// before them under the new lease. All calls that were read before may be answered after one look:
/// what is owed to a call is what was so when it began.
///
/// Clients that keep answers see an end on the page of counters, and read it in the same order: the
/// end, then the counters in place of a snapshot, then the clock. They read CLOCK_BOOTTIME alone,
/// so an eighth is taken off for the 10 % by which it may be slewed: whether the machine slept or
/// not, and however long this process is stopped, that end comes before the lease's.
package final class FleetLease: Sendable {
  /// When it ends, by both clocks.
  package struct End: Sendable, Equatable {
    package var bootNanoseconds: Int64
    package var rawNanoseconds: Int64

    /// Over since ever.
    package static let never = End(bootNanoseconds: .min, rawNanoseconds: .min)

    package init(bootNanoseconds: Int64, rawNanoseconds: Int64) {
      self.bootNanoseconds = bootNanoseconds
      self.rawNanoseconds = rawNanoseconds
    }

    /// The end of what lasts so much longer from now on.
    package init(inNanoseconds remaining: Int64) {
      bootNanoseconds = Clock.bootNanoseconds() + remaining
      rawNanoseconds = Clock.rawMonotonicNanoseconds() + remaining
    }

    /// How long it lasts yet; zero or less where it is over.
    package var remainingNanoseconds: Int64 {
      guard self != .never else { return 0 }
      return min(
        bootNanoseconds - Clock.bootNanoseconds(), rawNanoseconds - Clock.rawMonotonicNanoseconds())
    }
  }

  private let boot: Atomic<Int64>
  private let raw: Atomic<Int64>
  private let epochs: EpochPage?

  /// Begins with the end that a process before has left, in this boot, and shows it on a page.
  package init(until end: End = .never, on epochs: EpochPage? = nil) {
    boot = Atomic(end.bootNanoseconds)
    raw = Atomic(end.rawNanoseconds)
    self.epochs = epochs
    show(end)
  }

  private func show(_ end: End) {
    guard let epochs else { return }
    let remaining = end.remainingNanoseconds
    epochs.moveLease(
      toBootNanoseconds: remaining > 0 ? Clock.bootNanoseconds() + remaining / 8 * 7 : .min)
  }

  /// The end. To be loaded before the snapshot is refreshed. Each of the two is one that was set
  /// after what it rests on was published, also where the writer's thread moves them meanwhile.
  package var end: End {
    End(
      bootNanoseconds: boot.load(ordering: .acquiring),
      rawNanoseconds: raw.load(ordering: .acquiring))
  }

  /// Moves the end. Only the writer's thread may.
  package func move(to end: End) {
    boot.store(end.bootNanoseconds, ordering: .releasing)
    raw.store(end.rawNanoseconds, ordering: .releasing)
    show(end)
  }
}
