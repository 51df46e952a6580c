internal import TestSupport
internal import Testing
internal import Tokens

@Suite struct CRC32Tests {
  private func sum(_ bytes: [UInt8]) -> UInt32 { CRC32.checksum(bytes.span) }

  @Test(
    arguments: [
      ("", 0), ("a", 0xe8b7_be43), ("123456789", 0xcbf4_3926),
      ("The quick brown fox jumps over the lazy dog", 0x414f_a339),
    ] as [(String, UInt32)])
  func knownVectors(text: String, checksum: UInt32) {
    #expect(sum(Array(text.utf8)) == checksum)
  }

  @Test func agreesWithBitByBit() {
    var random = SplitMix64(seed: 1)
    for count in 0..<200 {
      let bytes = random.bytes(count)
      #expect(sum(bytes) == Reference.crc32(bytes))
    }
  }
}
