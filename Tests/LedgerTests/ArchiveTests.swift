internal import Ledger
internal import Messages
internal import Platform
internal import TestSupport
internal import Testing
internal import Tokens

/// Copies of the ledger, and whether a log is whole.
@Suite struct ArchiveTests {
  @Test func verifiesInPieces() throws {
    let archive = try Archive()
    let log = try archive.log()
    #expect(log.revision == Archive.entryCount)
    let whole = log.verifyAll(LogStretch(from: 1)) { _ in }
    #expect(whole.fault == nil && whole.verifiedRevision == Archive.entryCount)
    let hasLastHash = whole.verifiedHash == log.lastHash
    #expect(hasLastHash)
    var steps: [UInt64] = []
    let pieces = log.verifyAll(LogStretch(from: 1, maximumEntries: 7)) { steps.append($0) }
    #expect(steps == Array(stride(from: 7, to: Archive.entryCount, by: 7)))
    let isSame = pieces.verifiedHash == whole.verifiedHash
    #expect(isSame && pieces.fault == nil)
    // A bound in bytes stops too, but never before the first entry.
    let first = log.verify(LogStretch(from: 3, maximumBytes: 1))
    #expect(first.verifiedRevision == 3 && first.fault == nil)
    let middle = log.verify(LogStretch(from: 5, through: 9))
    #expect(middle.verifiedRevision == 9 && middle.fault == nil)
  }

  /// A change of any byte of any entry is found, and the entry named.
  @Test(arguments: [1, 2, 17, Archive.entryCount - 1, Archive.entryCount])
  func findsEveryChangedByte(_ revision: UInt64) throws {
    let archive = try Archive()
    let entry = try archive.entry(revision)
    for index in entry.indices {
      var changed = entry
      changed[index] ^= 1 << (index % 8)
      try archive.change { (transaction, log) throws(StoreError) in
        try transaction.put(log, key: Archive.key(revision).span, value: changed.span)
      }
      let report = try archive.log().verifyAll(LogStretch(from: 1, maximumEntries: 5)) { _ in }
      #expect(report.fault?.revision == revision, "byte \(index): \(report)")
    }
  }

  @Test(arguments: [1, 2, 10, Archive.entryCount])
  func findsAMissingEntry(_ revision: UInt64) throws {
    let archive = try Archive()
    try archive.change { (transaction, log) throws(StoreError) in
      _ = try transaction.delete(log, Archive.key(revision).span)
    }
    let report = try archive.log().verifyAll(LogStretch(from: 1)) { _ in }
    #expect(report.fault?.revision == revision)
    #expect(report.fault?.sentence == "the entry is missing")
    #expect(report.verifiedRevision == revision - 1)
  }

  @Test func findsAnEntryBehindTheEnd() throws {
    let archive = try Archive()
    let entry = try archive.entry(Archive.entryCount)
    try archive.change { (transaction, log) throws(StoreError) in
      try transaction.put(log, key: Archive.key(Archive.entryCount + 1).span, value: entry.span)
    }
    let report = try archive.log().verifyAll(LogStretch(from: 1)) { _ in }
    #expect(report.fault?.revision == Archive.entryCount + 1)
  }

  @Test func comparesWithAHashFromElsewhere() throws {
    let archive = try Archive()
    let log = try archive.log()
    let before = log.verify(LogStretch(from: 1, through: 8)).verifiedHash
    let good = log.verify(LogStretch(from: 9, expectedHash: before))
    #expect(good.fault == nil && good.verifiedRevision == Archive.entryCount)
    let bad = log.verify(LogStretch(from: 9, expectedHash: SHA256.Digest()))
    #expect(bad.fault?.revision == 8)
  }

  @Test func refusesAFileThatIsCutOff() throws {
    let archive = try Archive()
    try archive.truncate()
    let refusal = #expect(throws: StoreError.self) { _ = try archive.file() }
    #expect("\(try #require(refusal))".hasSuffix("are in use: it was cut off"))
  }

  @Test func anEmptyLogIsWhole() throws {
    let folder = TemporaryFolder()
    _ = try Ledger(folder: folder.path, mapSizeBytes: 1 << 20, readers: 4)
    let log = try StoredLog(folder: folder.path)
    let report = log.verifyAll(LogStretch(from: 1)) { _ in }
    #expect(report.fault == nil && report.verifiedRevision == 0)
    #expect(report.verifiedHash == nil && log.lastHash == nil)
  }
}

/// A copy of a ledger, which a test may damage.
private struct Archive {
  static let entryCount: UInt64 = 40
  let folder = TemporaryFolder()

  init() throws {
    let source = TemporaryFolder()
    let ledger = try Ledger(folder: source.path, mapSizeBytes: 64 << 20, readers: 8)
    var history = LedgerHistory(seed: 21)
    var draft = try ledger.makeDraft(
      at: LedgerTime(nanoseconds: 77), identifiers: TokenIDGenerator())
    history.append(Int(Self.entryCount), to: &draft)
    _ = try draft.commit()
    let file = try NewFile(path: path)
    let snapshot = try ledger.makeSnapshot()
    try snapshot.copyLedger(to: file.descriptor)
    #expect(try file.byteCount > 0)
    try file.publish()
  }

  var path: String { "\(folder.path)/data.mdb" }

  func log() throws(StoreError) -> StoredLog { try StoredLog(folder: folder.path) }
  func file() throws(StoreError) -> StoredLog { try StoredLog(file: path) }

  static func key(_ revision: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: revision >> UInt64(56 - 8 * $0)) }
  }

  func entry(_ revision: UInt64) throws -> [UInt8] {
    let ledger = try Ledger(folder: folder.path, mapSizeBytes: 64 << 20, readers: 8)
    var snapshot = try ledger.makeSnapshot()
    try snapshot.refresh(at: LedgerTime(nanoseconds: 0))
    guard let bytes = snapshot.entry(at: revision) else { return [] }
    return Array(copying: bytes)
  }

  /// Changes the log in the file, past the ledger.
  func change(
    _ body: (inout WriteTransaction, Table) throws(StoreError) -> Void
  ) throws {
    let environment = try Environment(
      folder: folder.path, mapSizeBytes: 64 << 20, maximumTables: 1, maximumReaders: 4)
    let log = try environment.openTables(["log"])[0]
    var transaction = try WriteTransaction(environment)
    try body(&transaction, log)
    try transaction.commit()
  }

  func truncate() throws {
    let bytes = try SmallFile.read(path: path, maximumBytes: 1 << 20)
    let file = try NewFile(path: path + ".cut")
    let half = Array(bytes[..<(bytes.count / 2)])
    _ = try file.descriptor.write(half.span)
    try file.publish()
    try SystemFile.rename(path + ".cut", to: path)
  }
}
