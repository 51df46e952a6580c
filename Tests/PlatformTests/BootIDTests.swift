internal import Platform
internal import Testing

/// Of which boot, and of which time namespace, the clocks of a process are.
@Suite struct BootIDTests {
  private static let boot = Array("00112233-4455-6677-8899-aabbccddeeff\n".utf8)

  private static func id(_ offsets: String) -> [UInt8] {
    BootID.id(ofBoot: boot, timeOffsets: Array(offsets.utf8))
  }

  @Test func isTheKernelsWithoutANamespace() {
    let id: [UInt8] = (0..<16).map { $0 * 0x11 }
    #expect(Self.id("") == id)
    #expect(Self.id("monotonic           0         0\nboottime            0         0\n") == id)
    #expect(BootID.read() == BootID.read())
  }

  /// The same machine with clocks that stand elsewhere is another boot: no time has passed between.
  @Test func differsByNamespace() {
    let texts = [
      "", "monotonic 0 0\nboottime 31536000 0\n", "monotonic 31536000 0\nboottime 0 0\n",
      "monotonic 0 0\nboottime -1 999999999\n", "monotonic 0 0\nboottime 0 1\n",
    ]
    #expect(Set(texts.map(Self.id)).count == texts.count)
  }

  /// Zeros match no boot.
  @Test func isNoneWhereItCanNotBeRead() {
    let none = [UInt8](repeating: 0, count: 16)
    #expect(Self.id("boottime") == none)
    #expect(BootID.id(ofBoot: [], timeOffsets: []) == none)
  }
}
