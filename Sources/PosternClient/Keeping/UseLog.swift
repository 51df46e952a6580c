internal import Messages

// Uses of kept answers are no calls, so the client that made them counts them, and reports them now
// and then. Each answer counts in its slot of the cache, where a use costs an addition: all uses
// there are of one day, since the slots are emptied at its end.

/// What is to be reported by one cache, and when.
final class UseLog {
  /// The uses that were taken out of their slots.
  var report = UseReport()
  /// When the slots are to be looked through, by the daemon's time in nanoseconds since 1970.
  private var dueNanoseconds = Int64.min
  /// When the day ends on which all uses in the slots were.
  private(set) var dayEndNanoseconds = Int64.min
  var intervalNanoseconds: Int64 = 10_000_000_000
  /// Looks through the slots at a time.
  var look: (Int64) -> Void = { _ in }

  private static let dayNanoseconds: Int64 = 86_400_000_000_000

  /// A use is about to be counted, at this time.
  @inline(__always)
  func begin(at now: Int64) {
    if now >= dueNanoseconds { fallDue(at: now) }
  }

  @inline(never)
  private func fallDue(at now: Int64) {
    look(now)
    dayEndNanoseconds = (now / Self.dayNanoseconds + 1) * Self.dayNanoseconds
    dueNanoseconds = min(now + intervalNanoseconds, dayEndNanoseconds)
  }

  /// Another daemon's time counts from now on.
  func forgetTime() { dueNanoseconds = .min }
}

/// Uses of kept answers that are to be reported.
struct UseReport {
  /// How often one answer was used on one day.
  struct Item {
    let receipt: [UInt8]
    var count: UInt64
    /// By the daemon's time, in nanoseconds since 1970.
    let lastNanoseconds: Int64
  }

  private var items: [Item] = []
  /// The uses that there was no room for.
  private(set) var lostCount: UInt64 = 0

  /// More are not kept for a daemon that takes none.
  private static let maximumItems = 16_384
  /// As many as the daemon takes at once.
  private static let maximumItemsOfACall = 500
  private static let maximumCount: UInt64 = 1_000_000_000

  var isEmpty: Bool { items.isEmpty }

  mutating func add(_ item: Item) {
    var rest = item.count
    while rest > 0, items.count < Self.maximumItems {
      let count = min(rest, Self.maximumCount)
      items.append(
        Item(receipt: item.receipt, count: count, lastNanoseconds: item.lastNanoseconds))
      rest -= count
    }
    lostCount &+= rest
  }

  /// Hands as many items over to a request as it may have.
  mutating func fill(_ request: PosternV1.ReportUsesRequest.Builder) {
    let count = min(items.count, Self.maximumItemsOfACall)
    for item in items.suffix(count) {
      let uses = request.addUses()
      uses.setReceipt(item.receipt.span)
      uses.setCount(item.count)
      let time = uses.makeLastUsedAt()
      time.setSeconds(item.lastNanoseconds / 1_000_000_000)
      time.setNanos(Int32(item.lastNanoseconds % 1_000_000_000))
    }
    items.removeLast(count)
  }
}
