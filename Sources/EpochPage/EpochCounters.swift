internal import CEpochs
internal import Platform
internal import Synchronization

/// The counters that the writer moves around the commit of each change: odd before it, even again
/// once it is published. What was read under an even value is true for as long as the counter has
/// that value.
///
/// Clients see those of a page, the daemon's own caches those of the same page; where there is no
/// page, they lie in private memory. Only the writer's thread moves them; any thread reads.
///
/// `@safe`: the words are mapped as long as `memory` is there, every index is checked, and all
/// access is atomic.
@safe
package final class EpochCounters: Sendable {
  private let memory: EpochMemory
  /// The word of the first.
  private let start: Int
  private let key: postern_siphash
  private let moved = Atomic<UInt64>(0)

  // One for the policy alone in its line of cache, then those of organizations, then those of
  // tokens. With 4,096 of these an entry would live 51 ms at 80,000 revokes a second.
  private static let organizationStart = 8
  private static let organizationCount = 1024
  private static let tokenStart = organizationStart + organizationCount
  private static let tokenCount = 65_536
  static let count = tokenStart + tokenCount

  /// Counters that no other process sees.
  package convenience init() {
    self.init(in: EpochMemory(byteCount: Self.count * 8), from: 0)
  }

  init(in memory: EpochMemory, from start: Int) {
    self.memory = memory
    self.start = start
    key = postern_siphash(low: SystemRandom.number(), high: SystemRandom.number())
  }

  /// The counter of the policy, and of all that concerns every decision.
  package var policyCounter: UInt32 { 0 }

  /// The counter of an organization and all that belongs to it, tokens aside. Which one that is, is
  /// the daemon's secret: answers say it, and an outsider should not learn which organizations
  /// share one.
  package func counter(ofOrganization id: Span<UInt8>) -> UInt32 {
    UInt32(Self.organizationStart) + UInt32(hash(id) % UInt64(Self.organizationCount))
  }

  /// The counter of a token, by the bytes of its id.
  package func counter(ofToken id: Span<UInt8>) -> UInt32 {
    UInt32(Self.tokenStart) + UInt32(hash(id) % UInt64(Self.tokenCount))
  }

  private func hash(_ bytes: Span<UInt8>) -> UInt64 {
    // SAFETY: the call reads so many bytes and keeps no pointer.
    unsafe bytes.withUnsafeBufferPointer {
      unsafe postern_siphash_of(key, $0.baseAddress, $0.count)
    }.low
  }

  /// The value of a counter, odd while a change of what it stands for is being committed.
  package func value(of counter: UInt32) -> UInt64 {
    unsafe cepochs_load(word(of: counter))
  }

  /// A counter with the value that it has; nil while that is odd.
  package func stamp(of counter: UInt32) -> EpochStamp? {
    let value = value(of: counter)
    return value & 1 == 0 ? EpochStamp(counter, value: value) : nil
  }

  /// Whether a counter still has the value that it had.
  package func isCurrent(_ stamp: EpochStamp) -> Bool {
    EpochStamp(stamp.counter, value: value(of: stamp.counter)) == stamp
  }

  private func word(of counter: UInt32) -> UnsafeMutablePointer<UInt64> {
    precondition(counter < Self.count, "there is no such counter")
    return unsafe memory.words + start + Int(counter)
  }

  /// Makes the counters of a change odd, which is about to be committed.
  package func begin(_ marks: borrowing EpochMarks) {
    var count: UInt64 = 0
    marks.forEach(of: Self.count) { counter in
      let word = unsafe word(of: counter)
      let value = unsafe cepochs_load(word)
      // One may be marked twice.
      if value & 1 == 0 {
        unsafe cepochs_store_relaxed(word, value + 1)
        count += 1
      }
    }
    // A store that releases would not do: it keeps what is before it, and the commit is behind.
    cepochs_fence_release()
    moved.add(count, ordering: .relaxed)
  }

  /// How often a counter was moved.
  package var movedCount: UInt64 { moved.load(ordering: .relaxed) }

  /// Makes them even again, once the change is published, or has failed.
  package func end(_ marks: borrowing EpochMarks) {
    marks.forEach(of: Self.count) { counter in
      let word = unsafe word(of: counter)
      let value = unsafe cepochs_load(word)
      if value & 1 == 1 { unsafe cepochs_store(word, value + 1) }
    }
  }
}

/// A counter and a value that it had, in one word: 17 bits and 47, which last for two years
/// at a million changes a second.
package struct EpochStamp: Equatable, Sendable {
  package let rawValue: UInt64

  private static let counterBits: UInt64 = 17

  init(_ counter: UInt32, value: UInt64) {
    rawValue = value << Self.counterBits | UInt64(counter)
  }

  /// One that was stored.
  package init(rawValue: UInt64) { self.rawValue = rawValue }

  package var counter: UInt32 {
    UInt32(truncatingIfNeeded: rawValue & (1 << Self.counterBits - 1))
  }
  package var value: UInt64 { rawValue >> Self.counterBits }
}

/// The words that counters lie in, mapped until this is gone.
///
/// `@safe`: they are unmapped once, in deinit.
@safe
final class EpochMemory: Sendable {
  nonisolated(unsafe) let words: UnsafeMutablePointer<UInt64>
  private let byteCount: Int

  /// Takes over what `cepochs_create` has made.
  @unsafe
  init(owning words: UnsafeMutablePointer<UInt64>, byteCount: Int) {
    unsafe self.words = unsafe words
    self.byteCount = byteCount
  }

  /// Zeros that no other process sees; a page that is not written to takes no memory.
  init(byteCount: Int) {
    // SAFETY: what is made is ours, and of this size.
    guard let made = unsafe cepochs_create_private(byteCount) else {
      preconditionFailure("no address space is left for the counters of changes")
    }
    unsafe words = unsafe made
    self.byteCount = byteCount
  }

  deinit { unsafe cepochs_destroy(words, byteCount) }
}
