internal import Platform

/// Connections that were refused, by reason. Reasons are the daemon's own words, so that a peer
/// can't make their number grow. Counted off the request path.
package final class Refusals: Sendable {
  private let counts = Guarded<[String: UInt64]>([:])

  package init() {}

  package func add(_ reason: String) {
    counts.withLock { counts in counts[reason, default: 0] += 1 }
  }

  /// The counts so far, by reason in alphabetical order.
  package var current: [(reason: String, count: UInt64)] {
    counts.withLock { $0 }.sorted { $0.key < $1.key }.map { (reason: $0.key, count: $0.value) }
  }
}
