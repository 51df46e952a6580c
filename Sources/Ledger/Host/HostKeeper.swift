internal import Platform

/// The host file of a running daemon. Any thread may say what is to be remembered; one thread, that
/// no call waits for, brings it to the disk now and then, and at the end.
package final class HostKeeper: Sendable {
  private let file: HostFile
  /// What is to be remembered, which may be more than is written.
  private let pending: Guarded<HostRecord>

  package init(_ file: HostFile) {
    pending = Guarded(file.record)
    self.file = file
  }

  /// What is to be remembered.
  package var record: HostRecord { pending.withLock { $0 } }

  /// Changes what is to be remembered. Takes a short lock, and nothing else.
  package func update(_ change: (inout HostRecord) -> Void) {
    pending.withLock { change(&$0) }
  }

  /// Brings what is to be remembered to the disk, if it has changed.
  ///
  /// Hazard: waits for the disk. Never on the writer's thread or a worker's.
  package func flush() throws(HostFileError) {
    let record = record
    if file.record != record { try file.write(record) }
  }
}
