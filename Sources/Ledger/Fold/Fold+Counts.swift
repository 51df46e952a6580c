extension Fold {
  /// Notes that there is one more of what `key` counts, or one less. A count of zero has no row.
  static func count(
    _ key: borrowing Key, isMore: Bool, in transaction: inout WriteTransaction, _ tables: Tables
  ) throws(StoreError) {
    var count = isMore ? 1 : 0 as UInt64
    if let row = try transaction.get(tables.counts, key.bytes) {
      let present: UInt64 = row.integer(at: 0)
      count = isMore ? present + 1 : present - 1
    }
    guard count > 0 else {
      try transaction.delete(tables.counts, key.bytes)
      return
    }
    let bytes = InlineArray<8, UInt8> { UInt8(truncatingIfNeeded: count >> (8 * UInt64($0))) }
    try transaction.put(tables.counts, key: key.bytes, value: bytes.span)
  }
}
