internal import Glibc
internal import Ledger
internal import TestSupport
internal import Testing

@Suite struct EnvironmentTests {
  private let folder = TemporaryFolder()

  private func open(
    mapSizeBytes: Int = 1 << 20, maximumReaders: Int = 8
  ) throws(StoreError) -> Environment {
    try Environment(
      folder: folder.path, mapSizeBytes: mapSizeBytes, maximumTables: 4,
      maximumReaders: maximumReaders)
  }

  @Test func reopeningShowsWhatWasCommittedOnly() throws {
    do {
      let environment = try open()
      let table = try environment.openTables(["a"])[0]
      var kept = try WriteTransaction(environment)
      try kept.put(table, "kept", "1")
      try kept.commit()
      var dropped = try WriteTransaction(environment)
      try dropped.put(table, "dropped", "2")
      _ = consume dropped
    }
    let environment = try open()
    let table = try environment.openTables(["a"])[0]
    let reader = try ReadTransaction(environment)
    #expect(try reader.entries(table) == ["kept=1"])
  }

  /// The sign that its pages are needed may come at any time while a view is held.
  @Test func aLongViewEndsWhenItsPagesAreNeeded() throws {
    let environment = try open()
    _ = try environment.openTables(["a"])
    let reading = try Environment(
      reading: "\(folder.path)/data.mdb", isFile: true, maximumTables: 4)
    var view = LongView(reading)
    try view.passRow()
    environment.barLongViews(true)
    #expect(throws: StoreError.viewNeeded) {
      for _ in 0..<64 { try view.passRow() }
    }
    environment.barLongViews(false)
    var next = LongView(reading)
    for _ in 0..<65 { try next.passRow() }
  }

  /// Each of MDB_NOSYNC, MDB_NOMETASYNC, MDB_WRITEMAP and MDB_MAPASYNC would weaken what a commit
  /// promises, and MDB_NOMEMINIT would write old contents of the heap.
  @Test func commitsAreDurable() throws {
    let weak: UInt32 = 0x10000 | 0x40000 | 0x80000 | 0x100000 | 0x1000000
    #expect(try open().flags & weak == 0)
    let other = TemporaryFolder()
    let ledger = try Ledger(folder: other.path, mapSizeBytes: 1 << 24, readers: 4)
    #expect(ledger.storeFlags & weak == 0)
  }

  @Test func tablesAreSeparate() throws {
    let environment = try open()
    let tables = try environment.openTables(["a", "b"])
    var transaction = try WriteTransaction(environment)
    try transaction.put(tables[0], "k", "in a")
    try transaction.put(tables[1], "k", "in b")
    #expect(try transaction.text(tables[0], "k") == "in a")
    #expect(try transaction.text(tables[1], "k") == "in b")
  }

  @Test func tooManyTablesAreRefusedAndNoneIsMade() throws {
    let environment = try open()
    #expect(throws: StoreError.self) {
      try environment.openTables(["a", "b", "c", "d", "e"])
    }
    let tables = try environment.openTables(["a", "b", "c", "d"])
    #expect(tables.count == 4)
  }

  @Test func theFilesAreForTheOwnerOnly() throws {
    let environment = try open()
    try withExtendedLifetime(environment) {
      for name in ["data.mdb", "lock.mdb"] {
        var status = stat()
        let code = unsafe stat(folder.path + "/" + name, &status)
        try #require(code == 0)
        #expect(status.st_mode & 0o777 == 0o600)
      }
    }
  }

  @Test func aMissingFolderIsAnError() throws {
    #expect(throws: StoreError.system(ENOENT)) {
      try Environment(
        folder: folder.path + "/missing", mapSizeBytes: 1 << 20, maximumTables: 1,
        maximumReaders: 1)
    }
  }

  @Test func aForeignFileIsCorrupted() throws {
    let descriptor = unsafe creat(folder.path + "/data.mdb", 0o600)
    try #require(descriptor >= 0)
    let zeros = [UInt8](repeating: 0x5a, count: 8192)
    _ = unsafe zeros.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
    close(descriptor)
    #expect {
      _ = try open()
    } throws: { error in
      guard case .corrupted = error as? StoreError else { return false }
      return true
    }
  }

  @Test func aFullMapIsFullAndStaysUsable() throws {
    let environment = try open(mapSizeBytes: 1 << 17)
    let table = try environment.openTables(["a"])[0]
    let value = String(repeating: "v", count: 1000)
    var first = try WriteTransaction(environment)
    try first.put(table, "first", value)
    try first.commit()

    #expect(throws: StoreError.full) {
      var filler = try WriteTransaction(environment)
      for index in 0..<1000 { try filler.put(table, "filler \(index)", value) }
      try filler.commit()
    }
    #expect(environment.statistics.usedBytes <= environment.statistics.mapSizeBytes)

    var second = try WriteTransaction(environment)
    try second.delete(table, "first")
    try second.put(table, "second", "2")
    try second.commit()
    let reader = try ReadTransaction(environment)
    #expect(try reader.entries(table) == ["second=2"])
  }

  @Test func readersHaveALimit() throws {
    let environment = try open(maximumReaders: 2)
    let first = try ReadTransaction(environment)
    do {
      let second = try ReadTransaction(environment)
      #expect(throws: StoreError.readersFull) { _ = try ReadTransaction(environment) }
      _ = consume second
    }
    let third = try ReadTransaction(environment)
    _ = consume first
    _ = consume third
    #expect(environment.statistics.maximumReaders == 2)
  }

  @Test func usedBytesGrow() throws {
    let environment = try open()
    let table = try environment.openTables(["a"])[0]
    let before = environment.statistics
    #expect(before.mapSizeBytes == 1 << 20)
    var transaction = try WriteTransaction(environment)
    try transaction.put(table, "k", String(repeating: "v", count: 100_000))
    try transaction.commit()
    #expect(environment.statistics.usedBytes >= before.usedBytes + 100_000)
  }
}
