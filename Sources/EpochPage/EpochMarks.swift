/// The counters that a change touches, collected while it is applied.
package struct EpochMarks: ~Copyable {
  private let epochs: EpochCounters?
  private var counters: [UInt32] = []
  private var hasAll = false

  /// More than that are as good as all.
  private static let maximumCount = 16_384

  /// Of some counters; without any nothing is collected.
  package init(of epochs: EpochCounters?) { self.epochs = epochs }

  /// A token can be something else from now on, or its end another.
  package mutating func addToken(_ id: Span<UInt8>) {
    if let epochs { add(epochs.counter(ofToken: id)) }
  }

  /// What an organization holds, tokens aside, is something else from now on.
  package mutating func addOrganization(_ id: Span<UInt8>) {
    if let epochs { add(epochs.counter(ofOrganization: id)) }
  }

  /// Every decision can come out otherwise; not whether a token is good.
  package mutating func addPolicy() {
    if let epochs { add(epochs.policyCounter) }
  }

  /// Anything can be otherwise.
  package mutating func addAll() { hasAll = epochs != nil }

  private mutating func add(_ counter: UInt32) {
    if counters.count == Self.maximumCount { hasAll = true }
    if !hasAll { counters.append(counter) }
  }

  /// Forgets what was collected: it did not come to a commit.
  package mutating func removeAll() {
    counters.removeAll(keepingCapacity: true)
    hasAll = false
  }

  func forEach(of count: Int, _ body: (UInt32) -> Void) {
    if hasAll {
      for counter in 0..<UInt32(count) { body(counter) }
    } else {
      for counter in counters { body(counter) }
    }
  }
}
