internal import EpochPage
package import Identifiers
internal import Synchronization
package import Tokens

/// What an answer rests on, for a client that keeps it: counters of the daemon's page, and an end.
package struct KeptEpochs {
  package struct Counter {
    package let index: UInt32
    package let value: UInt64
  }

  /// The page that the counters are of.
  package let page: UInt64
  /// Until when the answer is true if no counter moves, in nanoseconds since 1970; `Int64.max` for
  /// always.
  package let endNanoseconds: Int64
  /// The counter of the token, then those of the organization and of the policy.
  package let counters: InlineArray<3, Counter>
  /// How many of the counters count.
  package let count: Int
}

extension Snapshot {
  /// What an answer rests on that was computed from this snapshot and depends on nothing but a
  /// token and, with `organization`, on the policy and what that organization holds. Nil where it
  /// must not be kept.
  ///
  /// Hazard: the order. The counters are loaded after the view was renewed and the answer was
  /// computed, and what is published is loaded after them. A value that is even, with nothing
  /// published behind this view, is then one of before every change that the view lacks.
  package func keptEpochs(of token: TokenID, in organization: OrganizationID?) -> KeptEpochs? {
    guard let page = ledger.epochs, let comparisons, comparisons.mayBeKept,
      // While the length of a gap is unknown, ends are judged by a clock that clients don't see.
      time.countedSinceNanoseconds == .max
    else { return nil }
    atomicMemoryFence(ordering: .acquiring)
    let id = token.bytes
    let first = Self.load(page.counter(ofToken: id.span), of: page)
    var counters = InlineArray<3, KeptEpochs.Counter>(repeating: first)
    var count = 1
    if let organization {
      counters[1] = Self.load(page.counter(ofOrganization: organization.bytes), of: page)
      counters[2] = Self.load(page.policyCounter, of: page)
      count = 3
    }
    for index in 0..<count where counters[index].value & 1 == 1 { return nil }
    guard ledger.published.load(ordering: .acquiring) <= head.revision else { return nil }
    return KeptEpochs(
      page: page.id, endNanoseconds: comparisons.earliestEndNanoseconds, counters: counters,
      count: count)
  }

  private static func load(_ counter: UInt32, of page: EpochPage) -> KeptEpochs.Counter {
    KeptEpochs.Counter(index: counter, value: page.value(of: counter))
  }
}
