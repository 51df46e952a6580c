/// Which entries of the log to verify.
package struct LogStretch: Sendable {
  /// The first revision, from 1 on.
  package var from: UInt64
  /// The last one; nil: the newest.
  package var through: UInt64?
  /// The hash that the entry before the first must have; nil: any.
  package var expectedHash: SHA256.Digest?
  /// To stop after so many entries.
  package var mostEntries: Int
  /// To stop once the entries that were read have so many bytes.
  package var mostBytes: Int
  /// To stop when the time is over.
  package var step = StepBudget.unlimited

  package init(
    from: UInt64, through: UInt64? = nil, expectedHash: SHA256.Digest? = nil,
    mostEntries: Int = 4096, mostBytes: Int = 1 << 20
  ) {
    self.from = from
    self.through = through
    self.expectedHash = expectedHash
    self.mostEntries = mostEntries
    self.mostBytes = mostBytes
  }
}
