/// A look at a whole ledger, while a daemon serves from it or not.
///
/// For a process of its own: a page whose header is garbled may end the process that reads it, and
/// LMDB's locks belong to a process, not to a descriptor.
package enum LedgerCheck {
  /// The greatest ledger, in bytes, whose tables are made anew from the log to be compared. Of a
  /// greater one only the log and the rows are looked at: the comparison takes as much of the disk
  /// as the tables, and holds on to all pages meanwhile.
  package static let maximumReplayedBytes = 256 << 20

  /// The first fault, as one sentence; nil for none. `scratch` is a folder for what is compared;
  /// where it has no room, the comparison is left out.
  package static func fault(
    in folder: String, scratch: String
  ) throws(StoreError) -> String? {
    do throws(StoreError) {
      let log = try StoredLog(folder: folder)
      let found = try sentence(log, scratch: scratch)
      return log.wasOvertaken ? nil : found
    } catch .corrupted(let message) {
      return message
    }
  }

  private static func sentence(
    _ log: borrowing StoredLog, scratch: String
  ) throws(StoreError) -> String? {
    do throws(StoreError) { return try fault(of: log, scratch: scratch) } catch {
      guard case .corrupted(let message) = error else { throw error }
      return message
    }
  }

  private static func fault(
    of log: borrowing StoredLog, scratch: String
  ) throws(StoreError) -> String? {
    if let fault = log.verifyAll(LogStretch(from: 1), { _ in }).fault {
      return "the log at revision \(fault.revision): \(fault.sentence)"
    }
    if let fault = try log.rowFault() { return fault }
    guard log.environment.statistics.usedBytes <= maximumReplayedBytes else { return nil }
    do throws(StoreError) { return try log.strayRow(scratch: scratch) } catch {
      switch error {
      case .full, .notWritten, .system: return nil
      default: throw error
      }
    }
  }
}
