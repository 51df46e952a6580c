internal import Fleet
internal import Platform
@testable internal import Server
internal import Services
internal import TestSupport
internal import Testing

/// The note that a member leaves for its successor in the same boot.
@Suite struct FleetNoteTests {
  private let note = FleetNote(
    instance: InstanceID(high: 7, low: 9),
    leaseEnd: FleetLease.End(bootNanoseconds: 1 << 40, rawNanoseconds: 1 << 39))
  private let boot = (1...16).map(UInt8.init)

  @Test func isReadInTheSameBootOnly() throws {
    let folder = TemporaryFolder()
    #expect(FleetNote(folder: folder.path, bootID: boot) == nil)
    try note.write(folder: folder.path, bootID: boot)
    #expect(FleetNote(folder: folder.path, bootID: boot) == note)
    #expect(FleetNote(folder: folder.path, bootID: boot.reversed()) == nil)
    // Without the kernel's boot id no note counts.
    let unknown = [UInt8](repeating: 0, count: 16)
    try note.write(folder: folder.path, bootID: unknown)
    #expect(FleetNote(folder: folder.path, bootID: unknown) == nil)
  }

  @Test func doesNotCountWithAChangedByte() throws {
    let folder = TemporaryFolder()
    let path = "\(folder.path)/\(FleetNote.name)"
    try note.write(folder: folder.path, bootID: boot)
    let bytes = try SmallFile.read(path: path, maximumBytes: 4096)
    for index in bytes.indices {
      var changed = bytes
      changed[index] ^= 4
      try WholeFile.replace(path: path, with: changed.span, mode: 0o600, isDurable: false)
      #expect(FleetNote(folder: folder.path, bootID: boot) == nil)
    }
  }

  @Test func aLeaseIsOverByTheClockThatEndsItFirst() {
    let (boot, raw) = (Clock.bootNanoseconds(), Clock.rawMonotonicNanoseconds())
    let hour: Int64 = 3_600_000_000_000
    func remaining(_ boot: Int64, _ raw: Int64) -> Int64 {
      FleetLease.End(bootNanoseconds: boot, rawNanoseconds: raw).remainingNanoseconds
    }
    #expect(remaining(boot + hour, raw + hour) > 0)
    #expect(remaining(boot, raw + hour) <= 0)
    #expect(remaining(boot + hour, raw) <= 0)
    #expect(FleetLease.End.never.remainingNanoseconds == 0)
  }
}

/// How far a host's clock is off the database's.
@Suite struct FleetTimeTests {
  private static let second: Int64 = 1_000_000_000

  /// The own clock, the database's and the round trip, in seconds, and what is certain then.
  @Test(
    arguments: [
      (100, 90, 3, 7), (90, 100, 3, -10), (100, 97, 5, nil), (100, 98, 0, nil), (100, 103, 1, -3),
      (100, 100, 60, nil),
    ] as [(Int64, Int64, Int64, Int64?)])
  func onlyWhatIsCertainCounts(
    own: Int64, database: Int64, roundTrip: Int64, ahead: Int64?
  ) {
    let time = FleetTime()
    #expect(time.skewNanoseconds == nil)
    time.note(
      database * Self.second, roundTripNanoseconds: roundTrip * Self.second,
      own: own * Self.second, wall: own * Self.second)
    #expect(time.skewNanoseconds == ahead.map { $0 * Self.second })
    #expect(time.isOff == (ahead != nil))
    // The wall clock was set right; the ledger's clock does not go back.
    time.note(
      database * Self.second, roundTripNanoseconds: roundTrip * Self.second,
      own: own * Self.second, wall: database * Self.second)
    #expect(time.skewNanoseconds == nil && time.isOff == (ahead != nil))
  }
}
