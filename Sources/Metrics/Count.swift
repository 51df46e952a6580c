internal import Synchronization

/// A number that one thread changes and any thread reads.
///
/// Changing it is a load and a store, not an atomic exchange: each count has one writer, so that
/// the request path pays as much as for a plain variable.
package struct Count: ~Copyable, Sendable {
  private let value = Atomic<UInt64>(0)

  package init() {}

  /// The number so far.
  package var current: UInt64 { value.load(ordering: .relaxed) }

  /// Increases the number. Only by the thread that owns the count.
  package func add(_ amount: UInt64 = 1) {
    value.store(value.load(ordering: .relaxed) &+ amount, ordering: .relaxed)
  }

  /// Sets the number of something that also goes down. Only by the thread that owns the count.
  package func set(_ number: UInt64) { value.store(number, ordering: .relaxed) }
}
