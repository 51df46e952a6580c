/// Where a walk through all usage goes on: first through the days, then through the summaries.
package struct UsageWalk: Sendable {
  var isInSummaries = false
  /// The key of the next row; empty at the beginning of a table.
  var position: [UInt8] = []

  /// A walk from the beginning.
  package init() {}

  var isAtBeginning: Bool { !isInSummaries && position.isEmpty }

  mutating func endTable() {
    isInSummaries.toggle()
    position = []
  }
}
