internal import Glibc
internal import Messages
internal import Platform

// Whether the tables are what was written, and what the log says.
extension StoredLog {
  /// Reads every row of every table as it is now, and gives the first fault that hides rows: keys
  /// that are out of order, or rows that can't be reached or found by their keys. Else it gives the
  /// first row that is not what was written. Nil for none, or where the tables are of a version
  /// whose rows had no checksum, since they are made anew from the log.
  package func rowFault() throws(StoreError) -> RowFault? {
    guard head.tablesVersion == Tables.version else { return nil }
    let tables = try environment.openExistingTables(Tables.names, checked: Tables.checkedNames)
    releaseView()
    var reading = try ReadTransaction(environment)
    var first: RowFault?
    for (name, table) in zip(Tables.names, tables) {
      // No longer than a table takes.
      try reading.renew()
      var view = LongView(environment)
      let fault = try Self.fault(in: table, named: name, reading, &view)
      if case .hidden = fault { return fault }
      first = first ?? fault
    }
    return first
  }

  private static func fault(
    in table: Table, named name: String, _ reading: borrowing ReadTransaction,
    _ view: inout LongView
  ) throws(StoreError) -> RowFault? {
    let count = try reading.entryCount(table)
    var cursor = try reading.cursor(table, from: Span())
    var (found, last) = (0, [UInt8]())
    var damaged: DamagedRow?
    while true {
      try view.passRow()
      let key: [UInt8]
      do throws(StoreError) {
        guard let row = try cursor.next() else { break }
        key = Array(copying: row.key)
      } catch {
        guard case .damagedRow(let row) = error else { throw error }
        damaged = damaged ?? row
        // Its key may be what is garbled: the comparison with the log tells.
        found += 1
        continue
      }
      let place = DamagedRow(table: table.index, key: key).place
      guard last.lexicographicallyPrecedes(key) else {
        return .hidden("\(place) is not where its key belongs")
      }
      // A search goes down the tree, where the cursor only goes along its leaves.
      guard try reading.contains(table, key.span) else {
        return .hidden("\(place) can't be found by its key")
      }
      (found, last) = (found + 1, key)
    }
    guard found == count else {
      return .hidden("the table `\(name)` has \(count) rows, and \(found) of them can be reached")
    }
    return damaged.map { .refused("\($0)") }
  }

  /// Makes every table anew from the log, in a file without a name in the folder `scratch`, and
  /// gives the first row in which those of the ledger differ, as one sentence; nil for none, or
  /// where another version wrote the tables, which are made anew when it is opened. A row that
  /// lacks its checksum differs only where the log has no row of its key: see `rowFault`.
  ///
  /// Takes as long as the log is and as much of the disk as the tables, at most `mapSizeBytes`.
  /// While it compares, it holds on to the pages that it reads, and a daemon that writes takes
  /// others.
  ///
  /// - Throws: `StoreError`; `viewNeeded` where that daemon has no others.
  package func strayRow(
    scratch: String, mapSizeBytes: Int? = nil
  ) throws(StoreError) -> String? {
    guard head.tablesVersion == Tables.version else { return nil }
    let stored = Tables(
      try environment.openExistingTables(Tables.names, checked: Tables.checkedNames))
    releaseView()
    var reading = try ReadTransaction(environment)
    let copy = try Self.nameless(
      in: scratch, mapSizeBytes: mapSizeBytes ?? max(1 << 30, environment.fileBytes * 4))
    let made = Tables(try copy.openTables(Tables.names, checked: Tables.checkedNames))
    do {
      var transaction = try WriteTransaction(copy)
      var replay = LogReplay()
      // What the log has stays as it is, so it is not read in one view.
      while try !Self.replay(
        replay.head.revision < head.revision + Self.furtherEntries ? Self.stepEntries : .max,
        of: stored.log, from: reading, onto: &replay, &transaction, tables: made)
      { try reading.renew() }
      try transaction.commit()
    }
    let anew = try ReadTransaction(copy)
    var view = LongView(environment)
    for (index, tables) in zip(stored.derived, made.derived).enumerated() {
      if let key = try Self.difference(
        of: tables.0, in: reading, from: tables.1, in: anew, &view)
      {
        let row = DamagedRow(table: index + Tables.firstDerived, key: key)
        return "\(row.place) is not what the log says"
      }
    }
    return nil
  }

  /// A store that is gone when it is closed.
  private static func nameless(
    in folder: String, mapSizeBytes: Int
  ) throws(StoreError) -> Environment {
    let path = "\(folder)/postern-verify-\(ProcessControl.processID)"
    do {
      // SAFETY: the calls read a terminated string.
      let file = FileDescriptor(
        owning: try SystemCall.value {
          unsafe Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        })
      _ = consume file
    } catch {
      throw StoreError(code: error.code)
    }
    defer { _ = unsafe unlink(path) }
    return try Environment(
      filling: path, mapSizeBytes: mapSizeBytes & ~0xffff, maximumTables: Tables.names.count,
      isScratch: true)
  }

  /// How far behind what was the end of the log the rest is applied in one view, since the log may
  /// grow faster than it is read.
  private static let furtherEntries: UInt64 = 65_536

  /// Applies the next entries, at most so many; whether that was all.
  private static func replay(
    _ maximumCount: Int, of log: Table, from reading: borrowing ReadTransaction,
    onto replay: inout LogReplay, _ transaction: inout WriteTransaction, tables: Tables
  ) throws(StoreError) -> Bool {
    let next = Key(bigEndian: replay.head.revision + 1)
    var cursor = try reading.cursor(log, from: next.bytes)
    for _ in 0..<maximumCount {
      guard let row = try cursor.next() else { return true }
      try replay.apply(row.value, appends: false, to: &transaction, tables)
    }
    return false
  }

  /// The key of the first row that is in one of two tables only, or has another value there.
  private static func difference(
    of table: Table, in first: borrowing ReadTransaction,
    from other: Table, in second: borrowing ReadTransaction, _ view: inout LongView
  ) throws(StoreError) -> [UInt8]? {
    var left = try first.cursor(table, from: Span())
    var right = try second.cursor(other, from: Span())
    while true {
      try view.passRow()
      let twin = try right.next()
      let found: TableEntry?
      do throws(StoreError) { found = try left.next() } catch {
        guard case .damagedRow(let row) = error else { throw error }
        if twin?.key.isEqual(to: row.key.span) ?? false { continue }
        return row.key
      }
      guard let row = found else {
        if let twin { return Array(copying: twin.key) }
        return nil
      }
      guard let twin, row.key.isEqual(to: twin.key), row.value.isEqual(to: twin.value) else {
        return Array(copying: row.key)
      }
    }
  }
}

/// What is wrong with rows by themselves, as one sentence.
package enum RowFault: Sendable {
  /// Rows are not what was written. A reader finds them by itself and answers nothing from them.
  case refused(String)
  /// Rows can't be found: to a reader they seem not to be there.
  case hidden(String)

  package var sentence: String {
    switch self {
    case .refused(let sentence), .hidden(let sentence): sentence
    }
  }
}
