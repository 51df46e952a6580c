internal import Glibc
internal import Platform

/// Makes the tables of a ledger anew from its log, in another file that then takes the place of the
/// one before. It stays the same ledger, in the same epoch.
///
/// Never in the same file: tables that contradict the log may come from pages of before, and who
/// removes them frees pages that the log uses by now. A rebuild that is cut off, or finds no room,
/// has changed nothing.
///
/// For a process of its own, while nobody else has the ledger open to write: a page that can't be
/// read may end the process. The caller holds the locks of the folder.
package enum TableRebuild {
  /// `damaged` where the log is not whole: no tables follow from it, and nothing was changed.
  package static func perform(in folder: String) throws(StoreError) -> LedgerFinding {
    let path = try LedgerFile.resolvedPath(in: folder)
    let beside = path + LedgerFile.unfinishedSuffix
    // SAFETY: the calls read terminated strings.
    _ = unsafe unlink(beside)
    defer { _ = unsafe unlink(beside) }
    do throws(StoreError) {
      let log = try StoredLog(folder: folder)
      if let fault = log.fault { return .damaged(fault) }
      try log.fill(beside)
      let made = try StoredLog(file: beside)
      guard made.fault == nil, made.head.hash == log.head.hash else {
        throw .system(EIO)
      }
    } catch {
      guard case .corrupted(let message) = error else { throw error }
      return .damaged(message)
    }
    try LedgerFile.publish(beside, at: path, for: folder)
    return .whole
  }
}

extension StoredLog {
  /// What is wrong with the log, as one sentence; nil for nothing.
  var fault: String? {
    verifyAll(LogStretch(from: 1)) { _ in }.fault.map {
      "the log at revision \($0.revision): \($0.sentence)"
    }
  }

  /// Fills a file with the log, the tables that follow from it, and what lies beside it: its
  /// identity too, unless it gets another one, as a copy that may go on by itself.
  func fill(_ path: String, as identity: LedgerIdentity? = nil) throws(StoreError) {
    // Before they are read: a view does not know of tables that are opened later.
    let log = try environment.openExistingTables(["log"])[0]
    let names = ["keys", "usage", "token_usage"]
    var stored: [Table?] = []
    for name in names { stored.append(try existingTable(name)) }
    guard identity != nil || stored[0] != nil else {
      throw .corrupted("there is no table `keys`")
    }
    let copy = try Environment(
      filling: path, mapSizeBytes: max(1 << 30, environment.fileBytes * 4) & ~0xffff,
      maximumTables: Tables.names.count)
    let tables = Tables(try copy.openTables(Tables.names, checked: Tables.checkedNames))
    let reading = try ReadTransaction(environment)
    var transaction = try WriteTransaction(copy)
    var replay = LogReplay()
    var cursor = try reading.cursor(log, from: Span())
    while let row = try cursor.next() {
      try replay.apply(row.value, appends: true, to: &transaction, tables)
    }
    guard replay.head.revision == head.revision, replay.head.hash == head.hash else {
      throw .corrupted("its log does not end where its head says")
    }
    try replay.writeHead(to: &transaction, tables)
    for (name, table) in zip(names, zip(stored, [tables.keys, tables.usage, tables.tokenUsage])) {
      guard let old = table.0 else { continue }
      do throws(StoreError) {
        try Self.copyRows(of: old, in: reading, to: table.1, &transaction)
      } catch {
        // Usage is a statistic: as far as it can be read.
        switch error {
        case .corrupted where name != "keys", .unusable where name != "keys",
          .keyLength where name != "keys":
          continue
        default: throw error
        }
      }
    }
    if let identity {
      try identity.store(in: &transaction, tables.keys)
      // A copy joins its fleet anew if it is told to.
      try FleetMark.remove(from: &transaction, tables.keys)
    }
    try transaction.commit()
  }

  /// A table by its name; nil where what names it is damaged.
  private func existingTable(_ name: String) throws(StoreError) -> Table? {
    do throws(StoreError) { return try environment.openExistingTables([name])[0] } catch {
      guard case .corrupted = error else { throw error }
      return nil
    }
  }

  private static func copyRows(
    of table: Table, in reading: borrowing ReadTransaction, to copy: Table,
    _ transaction: inout WriteTransaction
  ) throws(StoreError) {
    var cursor = try reading.cursor(table, from: Span())
    while let row = try cursor.next() {
      try transaction.put(copy, key: row.key, value: row.value)
    }
  }
}
