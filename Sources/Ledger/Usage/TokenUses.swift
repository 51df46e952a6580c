package import Tokens

// Where a thread counts the uses of tokens: a table with open addressing, which the thread alone
// touches. On the request path there is neither a lock nor a look at the clock, and memory is
// allocated only where the table doubles, up to the number of keys that it may hold. Then further
// keys are not counted, but how often that was is.
//
// Keys hold ids of tokens that were found, and only the daemon makes those: no peer can choose keys
// that collide.

/// The uses of tokens that one thread has counted since it last handed them over.
package final class TokenUses {
  private var slots: [TokenUse] = []
  private var count = 0
  private let maximumKeys: Int
  /// Method and local user of the present call, as in `TokenUse.place`.
  private var call: UInt64 = 0
  /// The slot of the present call's latest use.
  private var latest: Int?
  private var day: UInt16 = 0
  /// What `day` covers.
  private var dayNanoseconds: Range<Int64> = 0..<0
  private var uncounted: UInt64 = 0
  private var isTrespass = false

  static let minimumSlots = 256

  /// A table of at most so many keys; zero counts nothing.
  package init(maximumKeys: Int) { self.maximumKeys = maximumKeys }

  /// Notes which method is called from now on, by a process of which local user.
  package func begin(method: Int, userID: UInt32) {
    call = UInt64(truncatingIfNeeded: method) << 48 | UInt64(userID)
    latest = nil
    isTrespass = false
  }

  /// Notes that the present call tried to see what its caller may not, whatever the answer is.
  package func noteTrespass() { isTrespass = true }

  /// Whether the present call has been noted as a trespass; forgets it.
  package func takeTrespass() -> Bool {
    defer { isTrespass = false }
    return isTrespass
  }

  /// Counts a use of a token in the present call, at a time in nanoseconds since 1970.
  package func note(
    _ id: TokenID, isByPreviousSecret: Bool, isDenied: Bool, nowNanoseconds now: Int64
  ) {
    guard maximumKeys > 0 else { return }
    if !dayNanoseconds.contains(now) { beginDay(of: now) }
    let place = call | UInt64(day) << 32
    guard let index = slot(of: id, at: place) else {
      latest = nil
      return uncounted += 1
    }
    latest = index
    slots[index].callCount &+= 1
    slots[index].lastNanoseconds = max(slots[index].lastNanoseconds, now)
    if isDenied { slots[index].deniedCount &+= 1 }
    if isByPreviousSecret {
      slots[index].previousSecretCount &+= 1
      slots[index].previousSecretLastNanoseconds = now
    }
  }

  /// Counts uses of answers about a token that a client had kept, as it reports them: apart from
  /// calls, by the method of the calls that the answers were to. All of them were on the day of the
  /// last.
  package func noteKept(
    _ id: TokenID, count uses: UInt64, areDenied: Bool, method: Int, userID: UInt32,
    lastNanoseconds last: Int64
  ) {
    guard maximumKeys > 0 else { return }
    let day = UInt64(UsageDay.number(ofNanoseconds: last))
    let place =
      TokenUse.keptBit | UInt64(truncatingIfNeeded: method) << 48 | day << 32 | UInt64(userID)
    guard let index = slot(of: id, at: place) else { return uncounted &+= uses }
    slots[index].callCount &+= uses
    slots[index].lastNanoseconds = max(slots[index].lastNanoseconds, last)
    if areDenied { slots[index].deniedCount &+= uses }
  }

  /// Notes that the present call was refused, after the rights of the token that was noted last.
  package func noteRefusal() {
    if let latest { slots[latest].deniedCount &+= 1 }
    latest = nil
  }

  /// The same, if that token was this one.
  package func noteRefusal(of id: TokenID) {
    if let latest, slots[latest].tokenID == id { noteRefusal() }
  }

  /// Hands over everything that was counted, and begins anew; nil when there is nothing.
  package func take() -> UsageBatch? {
    guard count > 0 || uncounted > 0 else { return nil }
    let batch = UsageBatch(slots: slots, count: count, uncountedCount: uncounted)
    // As much again is likely, so that the table need not double again.
    slots = Array(repeating: .none, count: Self.slotCount(keys: count))
    (count, uncounted, latest) = (0, 0, nil)
    return batch
  }

  /// The slot of a key, which is claimed for it if need be; nil where there is no room.
  private func slot(of id: TokenID, at place: UInt64) -> Int? {
    let (high, low) = (id.high, id.low)
    if count * 2 >= slots.count, count < maximumKeys { grow() }
    let mask = slots.count &- 1
    var index = Self.hash(low, place) & mask
    while slots[index].callCount != 0 {
      if slots[index].low == low, slots[index].place == place, slots[index].high == high {
        return index
      }
      index = (index &+ 1) & mask
    }
    guard count < maximumKeys else { return nil }
    slots[index] = TokenUse(high: high, low: low, place: place, callCount: 0)
    count += 1
    return index
  }

  /// Doubles the table. It is never more than half full, so that a key is found in a step or two.
  private func grow() {
    let old = slots
    slots = Array(repeating: .none, count: Self.slotCount(keys: count + 1))
    let mask = slots.count - 1
    for use in old where use.callCount != 0 {
      var index = Self.hash(use.low, use.place) & mask
      while slots[index].callCount != 0 { index = (index + 1) & mask }
      slots[index] = use
    }
  }

  private func beginDay(of now: Int64) {
    day = UsageDay.number(ofNanoseconds: now)
    let begin = UsageDay.beginNanoseconds(day)
    dayNanoseconds = begin..<(begin + UsageDay.nanoseconds)
  }

  /// A power of two of which `keys` are less than half.
  private static func slotCount(keys: Int) -> Int {
    var slots = minimumSlots
    while slots < keys * 2 { slots *= 2 }
    return slots
  }

  private static func hash(_ low: UInt64, _ place: UInt64) -> Int {
    let mixed = (low ^ (place &* 0x9e37_79b9_7f4a_7c15)) &* 0xff51_afd7_ed55_8ccd
    return Int(truncatingIfNeeded: mixed >> 32)
  }
}

/// How often a token was used since the thread that counts last handed over, on one day, in calls
/// of one method by one local user. What a search looks at comes first, in one cache line.
package struct TokenUse: Sendable, Equatable {
  let high: UInt64
  let low: UInt64
  /// Whether it was by answers that had been kept (1 bit), the method's index (15), the day (16),
  /// and the local user (32).
  let place: UInt64
  /// Zero in a slot of the table that nothing is in.
  package var callCount: UInt64
  /// When it was used last, in nanoseconds since 1970.
  package var lastNanoseconds: Int64 = 0
  package var deniedCount: UInt64 = 0
  package var previousSecretCount: UInt64 = 0
  /// When its secret from before the last rotation was used last, in nanoseconds since 1970; zero
  /// for never.
  package var previousSecretLastNanoseconds: Int64 = 0

  static let keptBit: UInt64 = 1 << 63
  static let none = TokenUse(high: 0, low: 0, place: 0, callCount: 0)

  package var tokenID: TokenID { TokenID(high: high, low: low) }
  package var method: Int { Int((place & ~Self.keptBit) >> 48) }
  /// Whether no call was made: the client had kept the answer.
  package var isByKeptAnswer: Bool { place & Self.keptBit != 0 }
  package var day: UInt16 { UInt16(truncatingIfNeeded: place >> 32) }
  /// The local user.
  package var userID: UInt32 { UInt32(truncatingIfNeeded: place) }
}

/// What a thread has counted, on its way to the writer.
package struct UsageBatch: Sendable {
  /// The table as it was, with the slots that nothing is in.
  let slots: [TokenUse]
  /// How many of the slots hold something.
  package let count: Int
  /// The uses that there was no room to count.
  package let uncountedCount: UInt64

  /// The memory that it takes.
  package var byteCount: Int { slots.count * MemoryLayout<TokenUse>.stride }

  /// The next uses, `limit` of them at most, in no order; none at the end. `position` begins at
  /// zero, and moves on.
  package func uses(from position: inout Int, limit: Int) -> [TokenUse] {
    var found: [TokenUse] = []
    while position < slots.count, found.count < limit {
      if slots[position].callCount > 0 { found.append(slots[position]) }
      position += 1
    }
    return found
  }
}
