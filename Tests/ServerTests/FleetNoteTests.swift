internal import Fleet
internal import Platform
@testable internal import Server
internal import Services
internal import TestSupport
internal import Testing

/// What a member leaves for its successor in the same boot.
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
    // Where the kernel does not tell which boot it is, no note counts.
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
