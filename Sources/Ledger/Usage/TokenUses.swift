internal import CLinux
internal import Platform
package import Tokens

// Where a thread counts the uses of tokens: a table with open addressing, which the thread alone
// touches. On the request path there is neither a lock nor a look at the clock, and memory is
// mapped only where the table doubles, up to the number of keys that it may hold. Then further keys
// are not counted, but how often that was is.
//
// Keys hold ids of tokens that were found, and only the daemon makes those: no peer can choose keys
// that collide.

/// The uses of tokens that one thread has counted since it last handed them over.
///
/// `@safe`: `slots` is the memory of `table`, and every index is masked to its size.
@safe
package final class TokenUses {
  private var table: PrivateMemory
  private var slots: UnsafeMutablePointer<TokenUse>
  private var mask: Int
  private var count = 0
  private let maximumKeys: Int
  /// Method and local user of the present call, as in `TokenUse.place`.
  private var call = TokenUse.place(method: 0, userID: 0)
  /// The slot of the present call's latest use.
  private var latest: UnsafeMutablePointer<TokenUse>?
  private var day: UInt16 = 0
  /// What `day` covers.
  private var dayNanoseconds: Range<Int64> = 0..<0
  private var uncounted: UInt64 = 0
  private var isTrespass = false

  static let minimumSlots = 256

  /// A table of at most so many keys; zero counts nothing.
  package init(maximumKeys: Int) {
    self.maximumKeys = maximumKeys
    let slotCount = Self.minimumSlots
    table = PrivateMemory(byteCount: slotCount * MemoryLayout<TokenUse>.stride)
    unsafe slots = unsafe table.start.bindMemory(to: TokenUse.self, capacity: slotCount)
    mask = slotCount - 1
  }

  /// Notes which method is called from now on, by a process of which local user.
  package func begin(method: Int, userID: UInt32) {
    call = TokenUse.place(method: method, userID: userID)
    unsafe latest = nil
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
    var place = call | UInt64(day) << 32
    if isByPreviousSecret { place |= TokenUse.previousBit }
    if isDenied { place |= TokenUse.deniedBit }
    unsafe latest = unsafe add(1, of: id, at: place, lastNanoseconds: now)
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
    var place = TokenUse.place(method: method, userID: userID) | day << 32 | TokenUse.keptBit
    if areDenied { place |= TokenUse.deniedBit }
    _ = unsafe add(uses, of: id, at: place, lastNanoseconds: last)
  }

  /// Notes that the present call was refused, after the rights of the token that was noted last.
  package func noteRefusal() {
    guard let slot = unsafe latest else { return }
    unsafe latest = nil
    let use = unsafe slot.pointee
    guard use.deniedCount == 0 else { return }
    unsafe slot.pointee.callCount &-= 1
    _ = unsafe add(
      1, of: use.tokenID, at: use.place | TokenUse.deniedBit, lastNanoseconds: use.lastNanoseconds)
  }

  /// The same, if that token was this one.
  package func noteRefusal(of id: TokenID) {
    if let latest = unsafe latest, unsafe latest.pointee.tokenID == id { noteRefusal() }
  }

  /// Hands over everything that was counted, and begins anew; nil when there is nothing.
  package func take() -> UsageBatch? {
    guard count > 0 || uncounted > 0 else { return nil }
    let batch = UsageBatch(table, slotCount: mask + 1, count: count, uncountedCount: uncounted)
    // As much again is likely, so that the table need not double again.
    makeTable(slotCount: Self.slotCount(keys: count))
    (count, uncounted) = (0, 0)
    unsafe latest = nil
    return batch
  }

  /// Begins to bring the slot of a token into the processor's cache: that of a call like the last.
  func prefetch(_ id: TokenID) {
    let index = Self.hash(id.low, call | UInt64(day) << 32) & mask
    unsafe clinux_prefetch(slots + index)
  }

  /// Counts uses under a key; nil where there is no room for the key.
  @unsafe
  private func add(
    _ uses: UInt64, of id: TokenID, at place: UInt64, lastNanoseconds last: Int64
  ) -> UnsafeMutablePointer<TokenUse>? {
    guard let slot = unsafe slot(of: id, at: place) else {
      uncounted &+= uses
      return nil
    }
    unsafe slot.pointee.callCount &+= uses
    if unsafe slot.pointee.lastNanoseconds < last { unsafe slot.pointee.lastNanoseconds = last }
    return unsafe slot
  }

  /// The slot of a key, which is claimed for it if need be; nil where there is no room.
  @unsafe
  private func slot(of id: TokenID, at place: UInt64) -> UnsafeMutablePointer<TokenUse>? {
    if count &* 2 > mask, count < maximumKeys { grow() }
    var index = Self.hash(id.low, place) & mask
    while true {
      let slot = unsafe slots + index
      if unsafe slot.pointee.low == id.low && slot.pointee.place == place
        && slot.pointee.high == id.high
      {
        return unsafe slot
      }
      if unsafe slot.pointee.isEmpty {
        guard count < maximumKeys else { return nil }
        unsafe slot.pointee = TokenUse(high: id.high, low: id.low, place: place)
        count += 1
        return unsafe slot
      }
      index = (index &+ 1) & mask
    }
  }

  /// Doubles the table. It is never more than half full, so that a key is found in a step or two.
  private func grow() {
    let (old, oldCount) = (table, mask + 1)
    let uses = unsafe slots
    makeTable(slotCount: Self.slotCount(keys: count + 1))
    for number in 0..<oldCount where unsafe !uses[number].isEmpty {
      let use = unsafe uses[number]
      var index = Self.hash(use.low, use.place) & mask
      while unsafe !slots[index].isEmpty { index = (index + 1) & mask }
      unsafe slots[index] = use
    }
    withExtendedLifetime(old) {}
  }

  /// Zeros are empty slots.
  private func makeTable(slotCount: Int) {
    table = PrivateMemory(byteCount: slotCount * MemoryLayout<TokenUse>.stride)
    unsafe slots = unsafe table.start.bindMemory(to: TokenUse.self, capacity: slotCount)
    mask = slotCount - 1
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
