internal import Synchronization

/// How the writer tells one worker of a new revision: only while a stream there waits for one, and
/// once until the worker has looked.
///
/// Each side writes one variable and then reads the other's, and the fences order the two: a stream
/// that begins to wait while a revision is published is told of it, or has seen it.
final class RevisionSignal: Sendable {
  private let followers = Atomic<Int>(0)
  private let isRaised = Atomic<Bool>(false)

  /// Notes a stream that waits, which then looks at the newest revision once more.
  func follow() {
    followers.add(1, ordering: .relaxed)
    atomicMemoryFence(ordering: .sequentiallyConsistent)
  }

  func unfollow() { followers.subtract(1, ordering: .relaxed) }

  /// After a revision has been published: whether the worker is to be told.
  func raise() -> Bool {
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    guard followers.load(ordering: .relaxed) > 0 else { return false }
    return !isRaised.exchange(true, ordering: .acquiringAndReleasing)
  }

  /// The worker has been told, and looks now.
  func lower() { _ = isRaised.exchange(false, ordering: .acquiringAndReleasing) }
}
