internal import Foundation
@testable internal import Ledger
internal import Platform
internal import TestSupport
internal import Testing

/// What is left of commits that synced nothing, when the process or the machine was cut off.
@Suite struct CheckpointTests {
  private let folder = TemporaryFolder()
  private var path: String { "\(folder.path)/data.mdb" }

  /// Which boot wrote the file: this one, or one that is over.
  private static let earlierBoot = [UInt8](repeating: 7, count: BootID.byteCount)

  /// Commits `values` to the same rows, one after another, with a checkpoint at an index.
  private func write(
    _ values: [String], checkpointAt index: Int, boot: [UInt8] = earlierBoot, isEnded: Bool = false
  ) throws {
    let environment = try open()
    let table = try environment.openTables(["table"])[0]
    try environment.beginCheckpoints(bootID: boot)
    for (place, value) in values.enumerated() {
      try commit(value, to: table, of: environment)
      if place == index { try environment.checkpoint() }
    }
    if isEnded { try environment.endCheckpoints() }
  }

  private func open() throws(StoreError) -> Environment {
    try Environment(
      folder: folder.path, mapSizeBytes: 8 << 20, maximumTables: 1, maximumReaders: 8)
  }

  /// So many rows that they take several pages.
  private func commit(
    _ value: String, to table: Table, of environment: Environment, isKeptElsewhere: Bool = true
  ) throws {
    var transaction = try WriteTransaction(environment, isKeptElsewhere: isKeptElsewhere)
    for row in 0..<40 { try transaction.put(table, "k\(row)", value + Self.filling) }
    try transaction.commit()
  }

  private static let filling = String(repeating: ".", count: 500)

  /// The value that all rows have; nil where they differ.
  private func read() throws -> String? {
    let environment = try open()
    let table = try environment.openTables(["table"])[0]
    let reading = try ReadTransaction(environment)
    let values = try Set((0..<40).map { try reading.text(table, "k\($0)") })
    guard values.count == 1, let value = values.first else { return nil }
    return value.map { String($0.dropLast(Self.filling.count)) }
  }

  private static let many = (0..<100).map { "v\($0)" }

  /// Pages of the checkpoint are not written over by a hundred commits behind it.
  @Test func aPowerCutGoesBackToTheLastCheckpoint() throws {
    try write(Self.many, checkpointAt: 20)
    #expect(try read() == "v20")
    // It goes on from there, and is settled.
    let environment = try open()
    try commit("later", to: environment.openTables(["table"])[0], of: environment)
    #expect(try read() == "later")
  }

  @Test func aProcessThatEndsLosesNothing() throws {
    try write(Self.many, checkpointAt: 20, boot: BootID.read())
    #expect(try read() == "v99")
  }

  @Test func aSettledFileGoesBackToNothing() throws {
    try write(Self.many, checkpointAt: 20, isEnded: true)
    try Environment.requireSettled(path)
    #expect(try read() == "v99")
  }

  /// Without an id of the boot nothing tells what a power cut has left, so each commit is synced.
  @Test func withoutAnIdOfTheBootEachCommitIsSynced() throws {
    try write(Self.many, checkpointAt: 20, boot: [UInt8](repeating: 0, count: BootID.byteCount))
    #expect(try read() == "v99")
  }

  @Test func aSyncedCommitIsNotTakenBack() throws {
    do {
      let environment = try open()
      let table = try environment.openTables(["table"])[0]
      try environment.beginCheckpoints(bootID: Self.earlierBoot)
      try commit("loose", to: table, of: environment)
      try commit("synced", to: table, of: environment, isKeptElsewhere: false)
      try commit("lost", to: table, of: environment)
    }
    #expect(try read() == "synced")
  }

  /// LMDB would open whatever is there.
  @Test func isNotReadBeforeItIsSettled() throws {
    try write(Self.many, checkpointAt: 20)
    #expect(throws: StoreError.self) {
      try Environment(reading: folder.path, isFile: false, maximumTables: 1)
    }
    #expect(try Environment.settle(path))
    #expect(try !Environment.settle(path))
    _ = try Environment(reading: folder.path, isFile: false, maximumTables: 1)
  }

  /// The kernel tells a failed sync once, so in the same boot nothing is taken for whole either.
  @Test func aFailedSyncGoesBackToTheLastCheckpoint() throws {
    do {
      let environment = try open()
      let table = try environment.openTables(["table"])[0]
      try environment.beginCheckpoints(bootID: BootID.read())
      try commit("whole", to: table, of: environment)
      try environment.checkpoint()
      try commit("torn", to: table, of: environment)
      environment.endWriting(Errno(EIO))
      #expect(throws: StoreError.self) { try commit("late", to: table, of: environment) }
      #expect(throws: StoreError.self) { try environment.endCheckpoints() }
    }
    #expect(try Environment.settle(path))
    #expect(try read() == "whole")
  }

  /// A note that was being written when the power failed is passed over.
  @Test func aTornNoteLeavesTheOneBefore() throws {
    try write(["a", "b"], checkpointAt: 0)
    // The second, behind that of the begin.
    #expect(try note().sequence == 2)
    let file = try #require(FileHandle(forUpdatingAtPath: path))
    try file.seek(toOffset: 2048 + 60)
    file.write(Data([1, 2, 3]))
    try file.close()
    #expect(try note().sequence == 1)
    #expect(try Environment.settle(path))
    let environment = try open()
    let table = try environment.openTables(["table"])[0]
    let reading = try ReadTransaction(environment)
    #expect(try reading.text(table, "k0") == nil)
  }

  private func note() throws -> CheckpointRecord {
    let file = try FileDescriptor.opening(FilePath(Array(path.utf8)))
    return try #require(try CheckpointRecord(newestIn: file))
  }

  /// A view of a checkpoint keeps the pages that were freed since. Where there is little room, the
  /// checkpoint is moved before any of them is missed.
  @Test func littleRoomMovesTheCheckpoint() throws {
    let environment = try Environment(
      folder: folder.path, mapSizeBytes: 1 << 20, maximumTables: 1, maximumReaders: 8)
    let table = try environment.openTables(["table"])[0]
    try environment.beginCheckpoints(bootID: Self.earlierBoot)
    for value in Self.many {
      _ = try environment.makeRoom(nowNanoseconds: Clock.monotonicNanoseconds())
      try commit(value, to: table, of: environment)
    }
  }
}
