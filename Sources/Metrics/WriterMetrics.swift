/// What the writer counts.
package final class WriterMetrics: Sendable {
  package static let batchBounds: [UInt64] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]
  package static let commitBounds: [UInt64] = [
    50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000,
    100_000_000, 500_000_000, 2_000_000_000,
  ]

  /// The commands of each transaction.
  package let batchCommands = Histogram(bounds: WriterMetrics.batchBounds)
  /// How long each commit took, its sync included.
  package let commitNanoseconds = Histogram(bounds: WriterMetrics.commitBounds)
  /// The rows of usage that it has written.
  package let usageRows = Count()
  /// The uses of tokens that a thread had no room to count.
  package let uncountedUses = Count()
  /// The uses of tokens that the ledger had no room for.
  package let droppedUses = Count()

  package init() {}
}
