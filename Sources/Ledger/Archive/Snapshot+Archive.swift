package import Platform

extension Snapshot {
  /// Recomputes the hashes of a stretch of the log, as far as the time of the step goes.
  package func verifyLog(_ stretch: LogStretch) -> LogReport {
    var stretch = stretch
    stretch.step = step
    return verify(stretch, of: tables.log, head)
  }

  /// Writes a copy of the ledger to an open file, as it is now, which may be later than this
  /// snapshot. Takes as long as the ledger is large; commands go on meanwhile.
  ///
  /// - Throws: `StoreError`; the file then holds a part.
  package func copyLedger(to file: borrowing FileDescriptor) throws(StoreError) {
    try ledger.environment.copy(to: file.rawValue)
  }
}
