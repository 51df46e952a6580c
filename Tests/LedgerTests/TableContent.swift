internal import Ledger
internal import Messages

/// A table's keys and values, one after the other.
struct TableContent: Equatable {
  let name: String
  let rows: [[UInt8]]

  /// Every table that follows from a ledger's log, and the log.
  static func all(of ledger: Ledger) throws -> [TableContent] {
    var snapshot = try ledger.makeSnapshot()
    try snapshot.refresh(at: LedgerTime(nanoseconds: 0))
    return ledger.tables.all.map { name, table in
      var rows: [[UInt8]] = []
      snapshot.forEachRow(table, prefix: Span()) { key, value in
        rows.append(Array(copying: key))
        rows.append(Array(copying: value))
        return true
      }
      return TableContent(name: name, rows: rows)
    }
  }
}
