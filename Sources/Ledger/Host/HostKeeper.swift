internal import Platform
package import Synchronization

/// The host file of a running daemon. Any thread may say what is to be remembered; one thread, that
/// no call waits for, brings it to the disk now and then, and at the end. The writer does it when a
/// clock was accepted.
package final class HostKeeper: Sendable {
  private let folder: String
  /// Which folder that is: one that is put at its place later belongs to another daemon.
  private let identity: FileStatus.Identity?
  private let file: Guarded<HostFile>
  /// What is to be remembered, which may be more than is written.
  private let pending: Guarded<HostRecord>
  /// How often the file was gone, or another one, and was made anew.
  package let renewals = Atomic<UInt64>(0)

  /// Keeps a file in `folder`.
  package init(_ file: HostFile, in folder: String) {
    self.folder = folder
    identity = (try? FileStatus(path: folder))?.identity
    pending = Guarded(file.record)
    self.file = Guarded(file)
  }

  /// What is to be remembered.
  package var record: HostRecord { pending.withLock { $0 } }

  /// Changes what is to be remembered. Takes a short lock, and nothing else.
  package func update(_ change: (inout HostRecord) -> Void) {
    pending.withLock { change(&$0) }
  }

  /// Writes the record to the disk if it has changed. If the file was removed or replaced, creates
  /// it anew, since the next start would refuse the ledger without it.
  ///
  /// Hazard: waits for the disk, and for another thread that does. Never on a worker's thread.
  package func flush() throws(HostFileError) {
    let result = file.withLock { file in
      Result { () throws(HostFileError) in try writeRecord(to: &file) }
    }
    try result.get()
  }

  /// Writes what is to be remembered by now: a thread that waited must not bring back what was
  /// before.
  private func writeRecord(to file: inout HostFile) throws(HostFileError) {
    let record = record
    if !file.isInPlace {
      guard (try? FileStatus(path: folder))?.identity == identity else {
        throw .failed(path: "\(folder)/\(HostFile.name)", reason: "the folder was moved")
      }
      file = try HostFile.create(folder: folder, record)
      renewals.wrappingAdd(1, ordering: .relaxed)
    } else if file.record != record {
      try file.write(record)
    }
  }
}

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
  /// Notes a time of the ledger's clock, and returns when it is on the disk. If another thread has
  /// noted a clock that is further ahead meanwhile, that note stays.
  ///
  /// Hazard: as for `flush`.
  package func save(_ note: ClockNote) throws(HostFileError) {
    update { record in
      if let known = record.clock, note.isBehind(known) { return }
      record.floorNanoseconds = note.nanoseconds
      record.bootNanoseconds = note.bootNanoseconds
      record.bootID = note.bootID
      record.countedSinceNanoseconds = note.countedSinceNanoseconds
      (record.steps, record.doubt) = (note.steps, note.doubt)
    }
    try flush()
  }
}
