// What a host remembers of its ledger's clock.

extension HostRecord {
  /// What was noted last; nil for nothing.
  package var clock: ClockNote? {
    guard floorNanoseconds != 0 else { return nil }
    return ClockNote(
      nanoseconds: floorNanoseconds, bootNanoseconds: bootNanoseconds, bootID: bootID,
      countedSinceNanoseconds: countedSinceNanoseconds, steps: steps, doubt: doubt)
  }
}

extension HostKeeper {
  /// Notes a time of the ledger's clock, and returns when it is on the disk.
  ///
  /// Hazard: as for `flush`.
  package func save(_ note: ClockNote) throws(HostFileError) {
    update { record in
      record.floorNanoseconds = note.nanoseconds
      record.bootNanoseconds = note.bootNanoseconds
      record.bootID = note.bootID
      record.countedSinceNanoseconds = note.countedSinceNanoseconds
      (record.steps, record.doubt) = (note.steps, note.doubt)
    }
    try flush()
  }
}
