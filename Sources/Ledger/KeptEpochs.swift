package import EpochPage
package import Identifiers
internal import Synchronization
package import Tokens

/// What an answer rests on, for a client that keeps it: counters of the daemon's page, and an end.
package struct KeptEpochs {
  /// The page that the counters are of.
  package let page: UInt64
  /// Until when the answer is true if no counter moves, in nanoseconds since 1970; `Int64.max` for
  /// always.
  package let endNanoseconds: Int64
  /// The counter of the token, then those of the organization and of the policy.
  package let stamps: InlineArray<3, EpochStamp>
  /// How many of the counters count.
  package let count: Int
}

extension Snapshot {
  /// What an answer rests on that was computed from this snapshot and depends on nothing but a
  /// token and, with `organization`, on the policy and what that organization holds. Nil where it
  /// must not be kept.
  package func keptEpochs(of token: TokenID, in organization: OrganizationID?) -> KeptEpochs? {
    guard let page = ledger.epochs, let comparisons, comparisons.mayBeKept,
      // While the length of a gap is unknown, ends are judged by a clock that clients don't see.
      time.countedSinceNanoseconds == .max,
      let first = stamp(ofToken: token)
    else { return nil }
    var stamps = InlineArray<3, EpochStamp>(repeating: first)
    var count = 1
    if let organization {
      guard let second = stamp(of: page.counters.counter(ofOrganization: organization.bytes)),
        let third = stamp(of: page.counters.policyCounter)
      else { return nil }
      (stamps[1], stamps[2], count) = (second, third, 3)
    }
    return KeptEpochs(
      page: page.id, endNanoseconds: comparisons.earliestEndNanoseconds, stamps: stamps,
      count: count)
  }

  /// What may be kept of a token was read under.
  func stamp(ofToken id: TokenID) -> EpochStamp? {
    let bytes = id.bytes
    return stamp(of: ledger.counters.counter(ofToken: bytes.span))
  }

  /// The value of a counter under which this view shows what the counter stands for; nil where a
  /// change of that may be under way, or behind the view.
  ///
  /// Hazard: the order. The counter is loaded after the view was renewed, and what is published is
  /// loaded after the counter. A value that is even, with nothing published behind this view, is
  /// then one of before every change that the view lacks.
  private func stamp(of counter: UInt32) -> EpochStamp? {
    atomicMemoryFence(ordering: .acquiring)
    guard let stamp = ledger.counters.stamp(of: counter),
      ledger.published.load(ordering: .acquiring) <= head.revision
    else { return nil }
    return stamp
  }
}
