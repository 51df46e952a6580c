internal import Fleet
internal import Platform
internal import Services

/// Writes the end of the lease into the note beside the data, as it moves.
struct FleetNoteKeeper {
  private let folder: String
  private let instance: InstanceID
  private let log: Log
  private let bootID = BootID.read()
  /// The end that was noted, by the member's clock; `Int64.min` for a lease that is over.
  private var notedNanoseconds: Int64?
  private var hasFailed = false

  /// A lease that moves by less is not noted: the successor then has a little less of it.
  private static let leastNanoseconds: Int64 = 500_000_000

  init(folder: String, instance: InstanceID, _ log: Log) {
    self.folder = folder
    self.instance = instance
    self.log = log
  }

  /// Notes a lease, and its end by the member's clock. A file that can't be written is logged once.
  mutating func keep(_ lease: FleetLease.End, memberEndNanoseconds end: Int64) {
    if let noted = notedNanoseconds, end >= noted, end < noted + Self.leastNanoseconds { return }
    notedNanoseconds = end
    do throws(Errno) {
      try FleetNote(instance: instance, leaseEnd: lease).write(folder: folder, bootID: bootID)
      hasFailed = false
    } catch {
      guard !hasFailed else { return }
      hasFailed = true
      log.warning(
        "the lease can't be noted beside the ledger: a restart may have to wait for the database",
        [("reason", "\(error)")])
    }
  }
}
