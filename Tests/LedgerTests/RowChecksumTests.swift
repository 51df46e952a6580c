internal import Glibc
internal import Ledger
internal import Messages
internal import Platform
internal import Synchronization
internal import TestSupport
internal import Testing
internal import Tokens

/// Rows that were changed in the file of an open ledger: none of them counts.
@Suite struct RowChecksumTests {
  /// Each bit of each row that decides about a token or a user, flipped in the file:
  /// it is found, counted and named, and counts as absent.
  @Test func findsEveryBit() throws {
    let folder = TemporaryFolder()
    let ledger = try Self.filled(folder)
    let rows = try Self.rows(ledger, "tokens") + Self.rows(ledger, "users")
    #expect(rows.count > 15)
    let file = try Self.open(folder)
    let content = try SmallFile.read(path: folder.path + "/data.mdb", maximumBytes: 1 << 28)
    var flips = 0
    for (index, row) in rows.enumerated() where index.isMultiple(of: 4) {
      let places = Self.places(of: row.stored, in: content)
      #expect(!places.isEmpty)
      // All bits of the flags, and some of every other byte.
      for byte in row.stored.indices where byte < 3 || byte.isMultiple(of: 5) {
        let bit = UInt8(1) << UInt8(byte % 8)
        for place in places { try Self.write(file, content[place + byte] ^ bit, at: place + byte) }
        var snapshot = try ledger.makeSnapshot()
        try snapshot.refresh(at: LedgerTime(nanoseconds: 0))
        let before = ledger.damage.reads
        let isBadThere = Self.isThere(row.key, row.table, snapshot)
        #expect(!isBadThere)
        let damaged = try #require(snapshot.damage.take())
        #expect(damaged.key == row.key)
        #expect(damaged.description.contains("of the table `\(row.name)`"))
        #expect(ledger.damage.reads == before + 1)
        for place in places { try Self.write(file, content[place + byte], at: place + byte) }
        let isGoodThere = Self.isThere(row.key, row.table, snapshot)
        #expect(isGoodThere)
        #expect(snapshot.damage.take() == nil)
        flips += 1
      }
    }
    #expect(flips > 100)
  }

  /// A whole row under another key.
  @Test func findsARowUnderAnotherKey() throws {
    let folder = TemporaryFolder()
    let ledger = try Self.filled(folder)
    let rows = try Self.rows(ledger, "users").filter { $0.key.count > 4 }
    let content = try SmallFile.read(path: folder.path + "/data.mdb", maximumBytes: 1 << 28)
    let row = try #require(rows.first)
    let places = Self.places(of: row.key + row.stored, in: content)
    #expect(!places.isEmpty)
    var key = row.key
    key[key.count - 1] ^= 1
    let file = try Self.open(folder)
    for place in places { try Self.write(file, key[key.count - 1], at: place + key.count - 1) }
    var snapshot = try ledger.makeSnapshot()
    try snapshot.refresh(at: LedgerTime(nanoseconds: 0))
    let isThere = Self.isThere(key, row.table, snapshot)
    #expect(!isThere)
    #expect(snapshot.damage.take()?.key == key)
  }

  /// A whole row, in a page with the number of another one.
  @Test func findsAPageOfAnotherPlace() throws {
    let folder = TemporaryFolder()
    let ledger = try Self.filled(folder)
    for row in try Self.rows(ledger, "tokens").prefix(8) {
      try Self.withGarbledPages(of: row, in: folder, at: 0) {
        var snapshot = try ledger.makeSnapshot()
        try snapshot.refresh(at: LedgerTime(nanoseconds: 0))
        let isThere = Self.isThere(row.key, row.table, snapshot)
        #expect(!isThere)
        let damaged = try #require(snapshot.damage.take())
        #expect(damaged.fault == .misplaced)
        #expect(damaged.key == row.key)
      }
    }
  }

  /// Bytes that are no page fail the reads that need them, and don't end the process.
  @Test func findsAPageThatCanNotBeRead() throws {
    let folder = TemporaryFolder()
    let ledger = try Self.filled(folder)
    let row = try #require(try Self.rows(ledger, "tokens").first)
    let other = try #require(try Self.rows(ledger, "users").first)
    var snapshot = try ledger.makeSnapshot()
    // What the page is: neither a branch nor a leaf.
    try Self.withGarbledPages(of: row, in: folder, at: 10, to: 0) {
      for _ in 0..<2 {
        try snapshot.refresh(at: LedgerTime(nanoseconds: 0))
        let isThere = Self.isThere(row.key, row.table, snapshot)
        #expect(!isThere)
        #expect(try #require(snapshot.damage.take()).fault == .unreadable)
        try snapshot.refresh(at: LedgerTime(nanoseconds: 0))
        let isOtherThere = Self.isThere(other.key, other.table, snapshot)
        #expect(isOtherThere)
        #expect(snapshot.damage.take() == nil)
      }
    }
    try snapshot.refresh(at: LedgerTime(nanoseconds: 0))
    let isThereAgain = Self.isThere(row.key, row.table, snapshot)
    #expect(isThereAgain)
  }

  /// Calls `body` while a byte of each page that holds the row is another one.
  private static func withGarbledPages(
    of row: Row, in folder: TemporaryFolder, at offset: Int, to value: UInt8? = nil,
    _ body: () throws -> Void
  ) throws {
    let content = try SmallFile.read(path: folder.path + "/data.mdb", maximumBytes: 1 << 28)
    let file = try Self.open(folder)
    let pages = Set(Self.places(of: row.key + row.stored, in: content).map { $0 & ~4095 })
    #expect(!pages.isEmpty)
    for page in pages {
      let place = page + offset
      try Self.write(file, value ?? content[place] ^ 2, at: place)
    }
    try body()
    for page in pages { try Self.write(file, content[page + offset], at: page + offset) }
  }

  /// A batch that comes upon one is dropped whole.
  @Test func letsNoBatchThatReadsItCommit() throws {
    let folder = TemporaryFolder()
    let ledger = try Self.filled(folder)
    let row = try #require(try Self.rows(ledger, "tokens").first)
    let content = try SmallFile.read(path: folder.path + "/data.mdb", maximumBytes: 1 << 28)
    let file = try Self.open(folder)
    for place in Self.places(of: row.stored, in: content) {
      try Self.write(file, content[place + 1] ^ 1, at: place + 1)
    }
    let before = ledger.published.load(ordering: .relaxed)
    var draft = try ledger.makeDraft(
      at: LedgerTime(nanoseconds: 1 << 60), identifiers: try ledger.makeTokenIDGenerator())
    let actor = Actor(
      organizationID: [], userID: [], tokenID: nil, processUserID: 0, processGroupID: 0,
      processID: 1)
    draft.append(by: actor) {
      $0.makeTokenRevoked().setTokenID(row.key.span)
    }
    #expect(draft.damage.take() != nil)
    var isCommitted = false
    do throws(StoreError) {
      _ = try draft.commit()
      isCommitted = true
    } catch {
      guard case .damagedRow(let found) = error else { throw error }
      #expect(found.key == row.key)
    }
    #expect(!isCommitted)
    #expect(ledger.published.load(ordering: .relaxed) == before)
  }

  /// A file that was cut off is refused, with both lengths.
  @Test func refusesACutFile() throws {
    let folder = TemporaryFolder()
    do { _ = try Self.filled(folder) }
    let path = folder.path + "/data.mdb"
    #expect(unsafe truncate(path, 8192 * 3) == 0)
    let refusal = #expect(throws: StoreError.self) {
      _ = try Ledger(folder: folder.path, mapSizeBytes: 64 << 20, readers: 8)
    }
    #expect("\(try #require(refusal))".contains("24576 bytes"))
  }

  /// A key in a branch of the tree that leads to the wrong leaf: the row is there, and a
  /// search does not find it.
  @Test func aCheckFindsARowThatAWrongTurnHides() throws {
    let folder = TemporaryFolder()
    let keys = try Self.rows(try Self.filled(folder, changes: 3000), "tokens").map(\.key)
    #expect(try StoredLog(folder: folder.path).rowFault() == nil)
    let content = try SmallFile.read(path: folder.path + "/data.mdb", maximumBytes: 1 << 28)
    let file = try Self.open(folder)
    // Pages that branch, by LMDB's flags.
    let branches = stride(from: 0, to: content.count, by: 4096).filter { content[$0 + 10] == 1 }
    // The key of a branch is the first of the leaf that it leads to. Now it is the second.
    var hidden: [UInt8]?
    for (key, next) in zip(keys, keys.dropFirst()) {
      for page in branches {
        for place in Self.places(of: key, in: Array(content[page..<page + 4096])) {
          try file.write(next.span, at: page + place)
          hidden = key
        }
      }
      if hidden != nil { break }
    }
    #expect(hidden != nil)
    let fault = try #require(try StoredLog(folder: folder.path).rowFault()).sentence
    #expect(fault.contains("of the table `tokens` can't be found by its key"))
  }

  private static func isThere(
    _ key: [UInt8], _ table: Table, _ snapshot: borrowing Snapshot
  ) -> Bool { snapshot.row(table, key.span) != nil }

  private struct Row {
    let name: String
    let table: Table
    let key: [UInt8]
    let stored: [UInt8]
  }

  private static func rows(_ ledger: Ledger, _ name: String) throws -> [Row] {
    let table = try #require(ledger.tables.all.first { $0.name == name }).table
    var snapshot = try ledger.makeSnapshot()
    try snapshot.refresh(at: LedgerTime(nanoseconds: 0))
    var rows: [Row] = []
    snapshot.forEachRow(table, prefix: Span()) { key, value in
      rows.append(
        Row(name: name, table: table, key: Array(copying: key), stored: Array(copying: value)))
      return true
    }
    return rows
  }

  private static func filled(
    _ folder: TemporaryFolder, changes: Int = 600
  ) throws -> Ledger {
    let ledger = try Ledger(folder: folder.path, mapSizeBytes: 64 << 20, readers: 8)
    var history = LedgerHistory(seed: 9)
    var draft = try ledger.makeDraft(
      at: LedgerTime(nanoseconds: 1), identifiers: TokenIDGenerator())
    history.append(changes, to: &draft)
    _ = try draft.commit()
    return ledger
  }

  /// Where bytes stand in the file: in the page that counts, and in freed ones.
  private static func places(of bytes: [UInt8], in content: [UInt8]) -> [Int] {
    unsafe content.withUnsafeBytes { content in
      unsafe bytes.withUnsafeBytes { bytes in
        // With the C library: the files are large, and a debug build is slow at bytes.
        guard let base = content.baseAddress, let sought = bytes.baseAddress else { return [] }
        var places: [Int] = []
        var start = 0
        let end = content.count - bytes.count + 1
        while start < end,
          let found = unsafe memchr(base + start, Int32(bytes[0]), end - start)
        {
          let place = unsafe UnsafeRawPointer(found) - base
          if unsafe memcmp(base + place, sought, bytes.count) == 0 { places.append(place) }
          start = place + 1
        }
        return places
      }
    }
  }

  private static func open(_ folder: TemporaryFolder) throws -> FileDescriptor {
    let number = unsafe Glibc.open(folder.path + "/data.mdb", O_RDWR | O_CLOEXEC)
    try #require(number >= 0)
    return FileDescriptor(owning: number)
  }

  private static func write(
    _ file: borrowing FileDescriptor, _ byte: UInt8, at offset: Int
  ) throws {
    let bytes = [byte]
    try file.write(bytes.span, at: offset)
  }
}
