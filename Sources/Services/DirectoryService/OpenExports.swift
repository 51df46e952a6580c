internal import Synchronization

/// How many exports run. Each keeps the pages of an old revision from being used again.
final class OpenExports: Sendable {
  private let count = Atomic<Int>(0)

  /// Notes another one; false if there are `limit` already.
  func enter(limit: Int) -> Bool {
    guard count.add(1, ordering: .relaxed).newValue <= limit else {
      leave()
      return false
    }
    return true
  }

  func leave() { count.subtract(1, ordering: .relaxed) }
}
