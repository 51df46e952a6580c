internal import Glibc
internal import Ledger
internal import Platform
internal import Synchronization
internal import TestSupport
internal import Testing

/// The file beside the ledger that tells an old copy from the newest.
@Suite struct HostFileTests {
  private static func record(_ revision: UInt64) -> HostRecord {
    var record = HostRecord(
      ledgerID: LedgerID(high: 0x12, low: UInt64.max), epoch: 77, revision: revision,
      hash: (0..<32).map { UInt8($0) })
    record.floorNanoseconds = -5
    record.bootID = (0..<16).map { UInt8(100 + $0) }
    record.bootNanoseconds = 1 << 60
    record.countedSinceNanoseconds = 1 << 59
    record.steps = FollowedSteps(
      begunNanoseconds: 1 << 58, thisHourNanoseconds: 77, hourBeforeNanoseconds: 1 << 38)
    record.doubt =
      revision.isMultiple(of: 2)
      ? nil : WallClockDoubt.Held(offsetNanoseconds: -3, sinceNanoseconds: 1 << 57)
    return record
  }

  @Test func keepsWhatWasWrittenLast() throws {
    let folder = TemporaryFolder()
    #expect(try HostFile.open(folder: folder.path)?.record == nil)
    let file = try HostFile.create(folder: folder.path, Self.record(1))
    for revision in 2...9 as ClosedRange<UInt64> {
      try file.write(Self.record(revision))
      #expect(try HostFile.open(folder: folder.path)?.record == Self.record(revision))
    }
    #expect(Self.record(1).ledgerID.description == "0000000000000012ffffffffffffffff")
  }

  /// A slot that a crash has cut or garbled, at whatever byte, doesn't count: the other one does.
  @Test(arguments: [false, true])
  func outlivesATornSlot(_ isCut: Bool) throws {
    let folder = TemporaryFolder()
    do {
      let file = try HostFile.create(folder: folder.path, Self.record(1))
      try file.write(Self.record(2))
      try file.write(Self.record(3))
    }
    let path = folder.path + "/" + HostFile.name
    let whole = try SmallFile.read(path: path, maximumBytes: 1 << 20)
    for position in 0..<512 {
      var torn = whole
      if isCut {
        // The slot as it was before, from some byte on.
        for index in position..<512 { torn[index] = 0 }
        if torn == whole { continue }
      } else {
        torn[position] ^= 0x10
      }
      try Self.replace(path, with: torn)
      #expect(try HostFile.open(folder: folder.path)?.record == Self.record(2), "\(position)")
    }
    for count in [4096 + 511, 4096, 100, 0] {
      try Self.replace(path, with: Array(whole.prefix(count)))
      if count >= 512 {
        #expect(try HostFile.open(folder: folder.path)?.record == Self.record(3))
      } else {
        #expect(throws: HostFileError.damaged(path: path)) {
          _ = try HostFile.open(folder: folder.path)?.record
        }
      }
    }
  }

  /// A file of two whole slots: its path and what it holds.
  private static func written(in folder: TemporaryFolder) throws -> (path: String, bytes: [UInt8]) {
    let file = try HostFile.create(folder: folder.path, record(1))
    try file.write(record(2))
    let path = folder.path + "/" + HostFile.name
    return (path, try SmallFile.read(path: path, maximumBytes: 1 << 20))
  }

  @Test func saysThatBothSlotsAreBad() throws {
    let folder = TemporaryFolder()
    let (path, whole) = try Self.written(in: folder)
    var bytes = whole
    bytes[40] ^= 1
    bytes[4096 + 40] ^= 1
    try Self.replace(path, with: bytes)
    #expect(throws: HostFileError.damaged(path: path)) {
      _ = try HostFile.open(folder: folder.path)?.record
    }
    #expect("\(HostFileError.damaged(path: path))".contains("remove this file"))
  }

  /// A torn slot is the next to be written, so that the whole one stays until then.
  @Test func writesOverTheTornSlot() throws {
    let folder = TemporaryFolder()
    let (path, whole) = try Self.written(in: folder)
    var bytes = whole
    bytes[4096 + 9] ^= 1
    try Self.replace(path, with: bytes)
    guard let file = try HostFile.open(folder: folder.path) else {
      Issue.record("there is no host file")
      return
    }
    #expect(file.record == Self.record(1))
    try file.write(Self.record(3))
    let after = try SmallFile.read(path: path, maximumBytes: 1 << 20)
    #expect(after[..<512] == bytes[..<512])
    #expect(try HostFile.open(folder: folder.path)?.record == Self.record(3))
  }

  /// Not even one byte more: a disk that was full since is no reason not to write.
  @Test func needsNoFurtherRoom() throws {
    let folder = TemporaryFolder()
    let file = try HostFile.create(folder: folder.path, Self.record(1))
    let path = folder.path + "/" + HostFile.name
    let before = try Self.status(path)
    for revision in 2...5 as ClosedRange<UInt64> { try file.write(Self.record(revision)) }
    let after = try Self.status(path)
    #expect(before.st_size == after.st_size)
    #expect(before.st_blocks == after.st_blocks)
    #expect(before.st_ino == after.st_ino)
    #expect(after.st_blocks * 512 >= after.st_size)
  }

  @Test func belongsToTheOwnerOfTheFolderAlone() throws {
    let folder = TemporaryFolder()
    if getuid() == 0 {
      let result = unsafe chown(folder.path, 4711, 4712)
      try #require(result == 0)
    }
    _ = try HostFile.create(folder: folder.path, Self.record(1))
    let status = try Self.status(folder.path + "/" + HostFile.name)
    #expect(status.st_mode & 0o7777 == 0o600)
    if getuid() == 0 {
      #expect(status.st_uid == 4711)
      #expect(status.st_gid == 4712)
    }
  }

  @Test func isNotFollowedThroughALink() throws {
    let (folder, other) = (TemporaryFolder(), TemporaryFolder())
    _ = try HostFile.create(folder: other.path, Self.record(1))
    let path = folder.path + "/" + HostFile.name
    let linked = unsafe symlink(other.path + "/" + HostFile.name, path)
    try #require(linked == 0)
    #expect(throws: HostFileError.self) { _ = try HostFile.open(folder: folder.path)?.record }
    // Making a new one replaces the link, and not what it points to.
    _ = try HostFile.create(folder: folder.path, Self.record(2))
    #expect(try HostFile.open(folder: folder.path)?.record == Self.record(2))
    #expect(try HostFile.open(folder: other.path)?.record == Self.record(1))
  }

  /// A file that is removed or replaced is made anew, also where nothing has changed, and counted.
  @Test func isMadeAnewWhenItIsGone() throws {
    let folder = TemporaryFolder()
    let path = folder.path + "/" + HostFile.name
    let file = try HostFile.create(folder: folder.path, Self.record(1))
    let keeper = HostKeeper(file, in: folder.path)
    try keeper.flush()
    #expect(keeper.renewals.load(ordering: .relaxed) == 0)
    for round in 1...3 as ClosedRange<UInt64> {
      #expect(unsafe unlink(path) == 0)
      if round == 2 { try Self.replace(path, with: [1, 2, 3]) }
      if round == 3 { keeper.update { $0.revision = 9 } }
      for _ in 0..<2 {
        try keeper.flush()
        #expect(keeper.renewals.load(ordering: .relaxed) == round)
        #expect(try HostFile.open(folder: folder.path)?.record == keeper.record)
      }
    }
    keeper.update { $0.revision = 10 }
    try keeper.flush()
    #expect(try HostFile.open(folder: folder.path)?.record.revision == 10)
  }

  /// A thread that read the clock before another has accepted a wall clock, and notes it after
  /// that, does not take the time back.
  @Test func keepsTheNoteOfTheClockThatIsFurtherAhead() throws {
    let folder = TemporaryFolder()
    let file = try HostFile.create(folder: folder.path, Self.record(1))
    let keeper = HostKeeper(file, in: folder.path)
    let boot = [UInt8](repeating: 7, count: 16)
    func note(_ time: Int64, at bootTime: Int64, of id: [UInt8]) -> ClockNote {
      ClockNote(nanoseconds: time, bootNanoseconds: bootTime, bootID: id)
    }
    let accepted = note(9000, at: 100, of: boot)
    try keeper.save(accepted)
    try keeper.save(note(1110, at: 110, of: boot))
    #expect(try HostFile.open(folder: folder.path)?.record.clock == accepted)
    let later = note(9020, at: 120, of: boot)
    try keeper.save(later)
    #expect(try HostFile.open(folder: folder.path)?.record.clock == later)
    // Another boot counts from its own beginning.
    let rebooted = note(9030, at: 5, of: [UInt8](repeating: 8, count: 16))
    try keeper.save(rebooted)
    #expect(try HostFile.open(folder: folder.path)?.record.clock == rebooted)
  }

  @Test func checksumsAsPublished() {
    let digits = Array("123456789".utf8)
    #expect(CRC32C.checksum(digits.span) == 0xe306_9283)
    #expect(CRC32C.checksumByTable(digits.span) == 0xe306_9283)
    // RFC 3720, B.4.
    let zeros = [UInt8](repeating: 0, count: 32)
    #expect(CRC32C.checksum(zeros.span) == 0x8a91_36aa)
    var random = SplitMix64(seed: 1)
    for count in 0..<200 {
      let bytes = (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      let cut = count / 3
      let first = CRC32C.checksum(bytes.span.extracting(0..<cut))
      let both = CRC32C.checksum(bytes.span.extracting(cut..<count), after: first)
      #expect(both == CRC32C.checksumByTable(bytes.span))
    }
  }

  private static func replace(_ path: String, with bytes: [UInt8]) throws {
    try WholeFile.replace(path: path, with: bytes.span, mode: 0o600)
  }

  private static func status(_ path: String) throws -> stat {
    var status = stat()
    // SAFETY: the call fills `status`.
    let result = unsafe lstat(path, &status)
    try #require(result == 0)
    return status
  }
}
