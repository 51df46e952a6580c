internal import Foundation
internal import Glibc
internal import Ledger
internal import Messages
internal import Platform
internal import TestSupport
internal import Testing
internal import Tokens
internal import postern

/// `postern verify` and `postern restore` on files, without a daemon.
@Suite struct ArchiveCommandTests {
  private func run(
    _ words: String..., terminal: Bool = false
  ) -> (code: ExitCode, output: String, errors: String) {
    let context = RecordedContext()
    context.isErrorTerminal = terminal
    let code = Program.run(words, in: context)
    return (code, context.output, context.errors)
  }

  @Test func verifiesAFolderAndACopy() throws {
    let ledger = try SmallLedger(entries: 6000)
    let folder = run("verify", "--data", ledger.path)
    #expect(folder.code == .success)
    #expect(folder.output.contains("the log is whole up to revision 6000, hash "))
    #expect(folder.errors == "")
    let hash = folder.output.split(separator: " ").last.map { String($0.dropLast()) } ?? ""
    let copy = run("verify", "--file", ledger.file, "--output", "json", terminal: true)
    #expect(copy.code == .success)
    #expect(copy.output.hasPrefix(#"{"intact":true,"verified_revision":"6000","#))
    let opened = try StoredLog(file: ledger.file)
    #expect(opened.epoch != 0)
    #expect(copy.output.contains("\"ledger_epoch\":\"\(opened.epoch)\""), "\(copy.output)")
    #expect(copy.errors.contains("\r[#.......................] 4% verified 256 entries"))
    #expect(copy.errors.hasSuffix("\r\u{1b}[K"))
    let early = run("verify", "--file", ledger.file, "--from", "7000")
    #expect(early.code == .misuse)
    let wrong = run("verify", "--file", ledger.file, "--from", "6000", "--expect-hash", hash)
    #expect(wrong.code == .denied)
    #expect(wrong.output.contains("the log is broken at revision 5999"))
  }

  /// A file that is no ledger is named; an empty copy is a damaged one.
  @Test func verifiesOnlyWhatIsThere() throws {
    let folder = TemporaryFolder()
    let path = folder.path
    folder.write("empty", "")
    let empty = run("verify", "--file", "\(path)/empty")
    #expect(empty.code == .denied)
    #expect((empty.output + empty.errors).contains("`\(path)/empty` is empty"))
    for (option, given, words) in [
      ("--file", "\(path)/missing", "there is nothing at `\(path)/missing`"),
      ("--data", path, "there is nothing at `\(path)/data.mdb`"),
      ("--file", path, "`\(path)` is a folder, and no ledger"),
    ] {
      let result = run("verify", option, given)
      #expect(result.code == .failure)
      #expect(
        result.errors
          == "postern: \(words)\nhint: `--data` takes the folder of a daemon's ledger, "
          + "`--file` what `postern backup` made\n")
    }
  }

  @Test func namesTheRevisionThatWasChanged() throws {
    let ledger = try SmallLedger(entries: 50)
    try ledger.damage(revision: 20)
    let result = run("verify", "--file", ledger.file)
    #expect(result.code == .denied)
    #expect(result.output.contains("the log is broken at revision 20: "))
    let json = run("verify", "--file", ledger.file, "--output", "json")
    #expect(json.code == .denied)
    #expect(json.output.hasPrefix(#"{"intact":false,"verified_revision":"19","#))
    #expect(json.output.contains(#""broken_revision":"20""#))
    let target = TemporaryFolder()
    let restored = run("restore", ledger.file, "--data", target.path)
    #expect(restored.code == .denied)
    #expect(restored.output.contains("the log is broken at revision 20: "))
    #expect(!NewFile.exists("\(target.path)/data.mdb"))
    #expect(!NewFile.exists("\(target.path)/data.mdb.partial"))
  }

  @Test func restoresIntoAFreeFolderOnly() throws {
    let ledger = try SmallLedger(entries: 50)
    let target = TemporaryFolder()
    let restored = run("restore", ledger.file, "--data", target.path)
    #expect(restored.code == .success)
    #expect(restored.output.contains("revision 50, hash "))
    #expect(run("verify", "--data", target.path).code == .success)
    let again = run("restore", ledger.file, "--data", target.path)
    #expect(again.code == .failure)
    #expect(again.errors.contains("there is a ledger in \(target.path) already"))
    let served = TemporaryFolder()
    let lock = try LockFile(path: "\(served.path)/lock")
    let refused = run("restore", ledger.file, "--data", served.path)
    #expect(refused.code == .failure)
    #expect(refused.errors.contains("a daemon runs with \(served.path) (process "))
    _ = consume lock
    #expect(run("restore", ledger.file, "--data", served.path).code == .success)
  }

  /// A restore begins another epoch, which is the one that it tells of.
  @Test func restoreTellsOfTheNewEpoch() throws {
    let ledger = try SmallLedger(entries: 5)
    let target = TemporaryFolder()
    let restored = run("restore", ledger.file, "--data", target.path, "--output", "json")
    let verified = run("verify", "--data", target.path, "--output", "json")
    let (before, after) = (
      try StoredLog(file: ledger.file).epoch, try StoredLog(folder: target.path).epoch
    )
    #expect(before != after)
    for result in [restored, verified] {
      #expect(result.code == .success)
      #expect(result.output.contains("\"ledger_epoch\":\"\(after)\""), "\(result.output)")
    }
  }

  /// A restore that fails leaves nothing of what it has made, and a folder that was there.
  @Test func aFailedRestoreLeavesNothing() throws {
    let ledger = try SmallLedger(entries: 50)
    try ledger.damage(revision: 20)
    let parent = TemporaryFolder()
    let cut = parent.write(
      "cut", try SmallFile.read(path: ledger.file, maximumBytes: 1 << 24).prefix(9000))
    for copy in [ledger.file, cut, parent.write("text", "no ledger"), parent.write("empty", "")] {
      for existing in [false, true] {
        let target = parent.path("new")
        if existing { #expect(unsafe mkdir(target, 0o700) == 0) }
        let result = run("restore", copy, "--data", target)
        #expect(result.code != .success)
        #expect(!"\(result.output)\(result.errors)".contains(".partial"), "\(result)")
        #expect(parent.contains("new") == existing)
        #expect(!parent.contains("new/lock"))
        if existing { #expect(unsafe rmdir(target) == 0) }
      }
    }
  }

  /// With another order of keys a table's rows are all there, and are not found.
  @Test func aTableWithAnotherOrderIsDamaged() throws {
    let ledger = try SmallLedger(entries: 5)
    let name = Data([UInt8("users".utf8.count), 0] + "users".utf8)
    let content = try Data(contentsOf: URL(filePath: ledger.file))
    let file = try #require(FileHandle(forUpdatingAtPath: ledger.file))
    var start = content.startIndex
    while let found = content.range(of: name, in: start..<content.endIndex) {
      // The flags are the fifth and sixth byte of the record.
      try file.seek(toOffset: UInt64(found.upperBound + 4))
      try file.write(contentsOf: Data([content[found.upperBound + 4] ^ 2]))
      start = found.upperBound
    }
    #expect(start > content.startIndex)
    for arguments in [["--file", ledger.file], ["--data", ledger.path]] {
      let result = run("verify", arguments[0], arguments[1])
      #expect(result.code == .denied)
      #expect(result.output.contains("the record of the table `users` is damaged"), "\(result)")
    }
  }

  /// The command names an object in place of a ledger's file, and opening it never waits.
  @Test(arguments: ["data.mdb", "lock.mdb", "lock", "data.mdb.partial"])
  func namesWhatIsInTheWay(name: String) throws {
    let ledger = try SmallLedger(entries: 5)
    let folder = TemporaryFolder()
    // A pipe of the last name is removed, as what a killed restore has left.
    for isPipe in name.hasSuffix("partial") ? [false] : [false, true] {
      let path = folder.path(name)
      #expect((unsafe isPipe ? mkfifo(path, 0o600) : mkdir(path, 0o700)) == 0)
      let restored = run("restore", ledger.file, "--data", folder.path)
      #expect(restored.code == .failure)
      #expect(restored.errors.contains("`\(path)` is ") && restored.errors.contains("move it away"))
      if name.hasSuffix(".mdb") {
        let verified = run("verify", "--data", folder.path)
        #expect(verified.code == .failure)
        #expect(verified.errors.contains("`\(path)` is "), "\(verified.errors)")
      }
      #expect((unsafe isPipe ? unlink(path) : rmdir(path)) == 0)
    }
    #expect(run("restore", ledger.file, "--data", folder.path).code == .success)
  }

  @Test func saysWhatIsNoLedger() throws {
    let folder = TemporaryFolder()
    #expect(run("verify", "--data", folder.path).code == .failure)
    #expect(run("verify", "--file", "\(folder.path)/nothing").code == .failure)
    let file = try NewFile(path: "\(folder.path)/data.mdb")
    let sevens = [UInt8](repeating: 7, count: 9000)
    _ = try file.descriptor.write(sevens.span)
    try file.publish()
    let result = run("verify", "--file", "\(folder.path)/data.mdb")
    #expect(result.code == .denied)
    #expect(result.output.contains("the log is broken: "))
    let other = TemporaryFolder()
    #expect(run("restore", "\(folder.path)/data.mdb", "--data", other.path).code == .failure)
    #expect(run("restore", "\(folder.path)/nothing", "--data", other.path).code == .failure)
    #expect(!NewFile.exists("\(other.path)/data.mdb"))
  }

  /// Every damage to pages is found, also where reading them raises a signal.
  @Test func survivesWhatItReads() throws {
    let ledger = try SmallLedger(entries: 300)
    let whole = try Data(contentsOf: URL(filePath: ledger.file))
    let copy = "\(ledger.path)/copy"
    var signals = 0
    for page in 2..<min(40, whole.count / 4096) {
      for offset in [10, 12, 14, 17] {
        var bytes = whole
        bytes[page * 4096 + offset] ^= 0xff
        try bytes.write(to: URL(filePath: copy))
        let process = try ChildProcess(
          Daemon.program("postern"), ["verify", "--file", copy], environment: [:])
        let ending = try process.wait()
        let output = process.wholeOutput()
        #expect(
          [.exited(0), .exited(1), .exited(3)].contains(ending),
          "page \(page), byte \(offset): \(ending) \(output)")
        if output.contains("its pages can't be read: signal") {
          signals += 1
          #expect(ending == .exited(1))
        }
      }
    }
    #expect(signals > 0)
  }

  /// A row with a right checksum that no entry has made is found all the same.
  @Test func comparesTheTablesWithTheLog() throws {
    let ledger = try SmallLedger(entries: 50)
    try ledger.put("o2\0eve", into: "users")
    let result = run("verify", "--data", ledger.path)
    #expect(result.code == .denied)
    #expect(
      result.output.contains(
        "the ledger is broken: the row `o2/eve` of the table `users` is not what the log says"),
      "\(result.output)")
    let target = TemporaryFolder()
    #expect(run("restore", ledger.file, "--data", target.path).code == .success)
    #expect(run("verify", "--data", target.path).code == .success)
  }

  /// A log that ends before what this host has acknowledged is not whole.
  @Test func knowsWhatWasAcknowledged() throws {
    let ledger = try SmallLedger(entries: 50)
    var record = try ledger.record()
    _ = try HostFile.create(folder: ledger.path, record)
    #expect(run("verify", "--data", ledger.path).code == .success)
    record.revision = 51
    _ = try HostFile.create(folder: ledger.path, record)
    let result = run("verify", "--data", ledger.path)
    #expect(result.code == .denied)
    #expect(result.output.contains("revision 51 was acknowledged"), "\(result.output)")
  }
}

/// The ledger of a folder of its own, made without a daemon and closed.
private struct SmallLedger {
  private let folder = TemporaryFolder()
  var path: String { folder.path }
  var file: String { "\(path)/data.mdb" }

  init(entries: Int) throws {
    let ledger = try Ledger(folder: folder.path, mapSizeBytes: 64 << 20, readers: 4)
    var draft = try ledger.makeDraft(
      at: LedgerTime(nanoseconds: 1), identifiers: TokenIDGenerator())
    let actor = Actor(
      organizationID: [], userID: [], tokenID: nil, processUserID: 0, processGroupID: 0,
      processID: 1)
    for index in 0..<entries {
      draft.append(by: actor) { $0.makeOrganizationCreated().setOrganizationID("o\(index)") }
    }
    _ = try draft.commit()
  }

  /// Puts a row beside the log.
  func put(_ key: String, into name: String) throws {
    let environment = try Environment(
      folder: folder.path, mapSizeBytes: 64 << 20, maximumTables: 1, maximumReaders: 4)
    let table = try environment.openTables([name], checked: [name])[0]
    var transaction = try WriteTransaction(environment)
    let (key, value) = (Array(key.utf8), [UInt8(1)])
    try transaction.put(table, key: key.span, value: value.span)
    try transaction.commit()
  }

  /// The host's note of it.
  func record() throws -> HostRecord {
    try Ledger(folder: folder.path, mapSizeBytes: 64 << 20, readers: 4).hostRecord()
  }

  /// Changes one letter of an entry behind the ledger's back.
  func damage(revision: UInt64) throws {
    let environment = try Environment(
      folder: folder.path, mapSizeBytes: 64 << 20, maximumTables: 1, maximumReaders: 4)
    let log = try environment.openTables(["log"])[0]
    let key = (0..<8).map { UInt8(truncatingIfNeeded: revision >> UInt64(56 - 8 * $0)) }
    var transaction = try WriteTransaction(environment)
    var entry: [UInt8] = []
    if let found = try transaction.get(log, key.span) { entry = Array(copying: found) }
    entry[entry.count - 1] ^= 1
    try transaction.put(log, key: key.span, value: entry.span)
    try transaction.commit()
  }
}
