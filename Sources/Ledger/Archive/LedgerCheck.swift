/// A look at a whole ledger, while a daemon serves from it or not.
///
/// For a process of its own: a page whose header is garbled may end the process that reads it, and
/// LMDB's locks belong to a process, not to a descriptor.
package enum LedgerCheck {
  /// The greatest ledger, in bytes, whose tables are made anew from the log to be compared, unless
  /// the caller wants that of any. Of a greater one only the log and the rows are looked at: the
  /// comparison takes as much of the disk as the tables, and holds on to all pages meanwhile.
  package static let maximumReplayedBytes = 256 << 20
  /// What the comparison leaves free on the disk, at least.
  private static let spareBytes = 64 << 20

  /// Looks at the ledger in a folder. The tables are made anew in a file without a name beside it,
  /// if its disk has room for them.
  package static func look(
    in folder: String, replayedBytes limit: Int = maximumReplayedBytes
  ) throws(StoreError) -> LedgerFinding {
    do throws(StoreError) {
      let log = try StoredLog(folder: folder)
      let found = try finding(log, in: folder, replayedBytes: limit)
      return log.wasOvertaken ? .whole : found
    } catch {
      switch error {
      case .corrupted(let message): return .damaged(message)
      case .viewNeeded: return .uncompared("\(error)")
      default: throw error
      }
    }
  }

  private static func finding(
    _ log: borrowing StoredLog, in folder: String, replayedBytes limit: Int
  ) throws(StoreError) -> LedgerFinding {
    if let fault = log.fault { return .damaged(fault) }
    do throws(StoreError) {
      let fault = try log.rowFault()
      if case .hidden(let sentence) = fault { return .contradicted(sentence) }
      let found = try compare(log, in: folder, replayedBytes: limit)
      if case .contradicted = found { return found }
      return fault.map { .damaged($0.sentence) } ?? found
    } catch {
      // The log is whole: it is a table that can't be read.
      guard case .corrupted(let message) = error else { throw error }
      return .contradicted(message)
    }
  }

  private static func compare(
    _ log: borrowing StoredLog, in folder: String, replayedBytes limit: Int
  ) throws(StoreError) -> LedgerFinding {
    let used = log.environment.statistics.usedBytes
    guard used <= limit else {
      return .uncompared("it has \(used) bytes, more than \(limit)")
    }
    let wanted = 2 * used + spareBytes
    let free = log.environment.freeDiskBytes
    guard free >= wanted else {
      return .uncompared("`\(folder)` has \(free) bytes free, and \(wanted) are needed")
    }
    do throws(StoreError) {
      // Tables take less than they and the log together, even with pages that are half full.
      let stray = try log.strayRow(scratch: folder, mapSizeBytes: max(16 << 20, 2 * used))
      return stray.map { .contradicted($0) } ?? .whole
    } catch {
      switch error {
      case .full, .notWritten, .system:
        return .uncompared("the tables can't be made anew in `\(folder)`: \(error)")
      default: throw error
      }
    }
  }
}

/// What a look at a whole ledger has found.
package enum LedgerFinding: Sendable {
  case whole
  /// The log and the rows are whole. Whether the rows are what the log says was not looked at; why,
  /// as one sentence.
  case uncompared(String)
  /// The first fault, as one sentence. It is in the log, or in rows that nothing is answered from:
  /// a reader finds each of them by itself.
  case damaged(String)
  /// The log is whole, and the tables are not what it says, or hide rows: the first fault, as one
  /// sentence. No reader would notice.
  case contradicted(String)
}
