internal import Fleet
internal import Platform
@testable internal import Server
internal import TestSupport
internal import Testing

/// What a member leaves for its successor in the same boot.
@Suite struct FleetNoteTests {
  private let note = FleetNote(
    instance: InstanceID(high: 7, low: 9), leaseEndNanoseconds: 1 << 40, clockLead: -12)
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

  @Test func aClockGoesOnFromTheLeadOfAnother() {
    let first = HostClock(lead: HostClock().lead + 1_000_000_000_000)
    let second = HostClock(lead: first.lead)
    let begun = first.read()
    #expect(second.read() >= begun)
    #expect(HostClock().read() < begun)
  }
}
