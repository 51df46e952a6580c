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
