internal import Platform

/// What a thread has counted, on its way to the writer.
package struct UsageBatch: Sendable {
  /// The table as it was, with the slots that nothing is in.
  fileprivate let table: PrivateMemory
  fileprivate let slotCount: Int
  /// How many of the slots hold something.
  package let count: Int
  /// The uses that there was no room to count.
  package let uncountedCount: UInt64

  init(_ table: PrivateMemory, slotCount: Int, count: Int, uncountedCount: UInt64) {
    (self.table, self.slotCount) = (table, slotCount)
    (self.count, self.uncountedCount) = (count, uncountedCount)
  }

  /// The memory that it takes.
  package var byteCount: Int { table.byteCount }
}

/// The uses of a batch in the order of the rows that they are added to, so that a transaction
/// writes each page once.
///
/// They are sorted only as far as they are asked for (incremental quicksort, Paredes and Navarro
/// 2006): sorting all at once would hold up the writer for some ten milliseconds.
///
/// `@safe`: every index is below the number of slots in the table, and nothing else touches it.
@safe
package struct UsageOrder {
  private let table: PrivateMemory
  private let uses: UnsafeMutablePointer<TokenUse>
  private var next = 0
  /// Positions before which nothing is greater than anything behind, the nearest last. The first is
  /// the end.
  private var bounds: [Int]

  /// The order of a batch, which is used up.
  package init(_ batch: consuming UsageBatch) {
    table = batch.table
    unsafe uses = unsafe table.start.assumingMemoryBound(to: TokenUse.self)
    var count = 0
    for index in 0..<batch.slotCount where unsafe uses[index].callCount > 0 {
      if count < index { unsafe uses[count] = uses[index] }
      count += 1
    }
    bounds = [count]
  }

  /// The next uses, `limit` of them at most; none at the end.
  package mutating func takeNext(_ limit: Int) -> [TokenUse] {
    var found: [TokenUse] = []
    while found.count < limit, next < bounds[0] {
      while let bound = bounds.last, bound > next {
        bounds.append(divide(from: next, to: bound))
      }
      bounds.removeLast()
      unsafe found.append(uses[next])
      next += 1
    }
    return found
  }

  /// Moves what is less than one of them before it, and the rest behind; where that one is then.
  private func divide(from start: Int, to end: Int) -> Int {
    let last = end - 1
    swap(start + (last - start) / 2, last)
    let pivot = unsafe uses[last]
    var boundary = start
    for index in start..<last where unsafe uses[index] < pivot {
      swap(index, boundary)
      boundary += 1
    }
    swap(boundary, last)
    return boundary
  }

  private func swap(_ one: Int, _ other: Int) {
    let use = unsafe uses[one]
    unsafe uses[one] = uses[other]
    unsafe uses[other] = use
  }
}
