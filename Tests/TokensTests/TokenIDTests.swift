internal import TestSupport
internal import Testing
internal import Tokens

@Suite struct TokenIDTests {
  private func array<let count: Int>(_ bytes: InlineArray<count, UInt8>) -> [UInt8] {
    bytes.indices.map { bytes[$0] }
  }

  // `#expect` and `#require` take no spans, so they go by these.
  private func parsed(_ text: [UInt8]) -> TokenID? { TokenID(parsing: text.span) }

  private func read(_ bytes: [UInt8]) -> TokenID? { TokenID(bytes: bytes.span) }

  @Test func layoutIsThatOfUUIDv7() {
    // The example of RFC 9562, appendix A.6: 017f22e2-79b0-7cc3-98c4-dc0c0c07398f.
    let id = TokenID(
      unixMilliseconds: 0x017f_22e2_79b0, random: (0xcc3, 0x18c4_dc0c_0c07_398f))
    #expect(
      array(id.bytes) == [
        0x01, 0x7f, 0x22, 0xe2, 0x79, 0xb0, 0x7c, 0xc3, 0x98, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39,
        0x8f,
      ])
    #expect(id.unixMilliseconds == 1_645_557_742_000)
  }

  @Test func randomBitsNeverReachTheFixedOnes() {
    let id = TokenID(unixMilliseconds: TokenID.maximumUnixMilliseconds, random: (.max, .max))
    #expect(id.high == 0xffff_ffff_ffff_7fff)
    #expect(id.low == 0xbfff_ffff_ffff_ffff)
    let zero = TokenID(unixMilliseconds: 0, random: (0, 0))
    #expect(zero.high == 0x7000)
    #expect(zero.low == 0x8000_0000_0000_0000)
  }

  @Test func bytesRoundTrip() {
    var random = SplitMix64(seed: 2)
    for _ in 0..<500 {
      let bytes = random.bytes(16)
      let id = read(bytes)
      #expect(id.map { array($0.bytes) } == bytes)
    }
    for count in 0..<40 where count != 16 {
      #expect(read(random.bytes(count)) == nil)
    }
  }

  @Test func textAgreesWithLongDivision() throws {
    var random = SplitMix64(seed: 3)
    let extremes: [[UInt8]] = [
      [UInt8](repeating: 0, count: 16), [UInt8](repeating: 0xff, count: 16),
      [UInt8](repeating: 0, count: 15) + [1], [0x80] + [UInt8](repeating: 0, count: 15),
    ]
    for bytes in extremes + (0..<2000).map({ _ in random.bytes(16) }) {
      let id = try #require(read(bytes))
      let text = Reference.base62(bytes, width: 22)
      #expect(array(id.text) == text)
      #expect(parsed(text) == id)
      #expect(id.description == String(decoding: text, as: UTF8.self))
    }
  }

  @Test func textPastTheLastIDIsRefused() {
    // 2^128 is one more than the last.
    let last = Reference.base62([UInt8](repeating: 0xff, count: 16), width: 22)
    #expect(parsed(last) != nil)
    let tooMany = Reference.base62([1] + [UInt8](repeating: 0, count: 16), width: 22)
    #expect(parsed(tooMany) == nil)
    #expect(parsed([UInt8](repeating: UInt8(ascii: "z"), count: 22)) == nil)
    var random = SplitMix64(seed: 4)
    for _ in 0..<1000 {
      // 2^128 to below 5 * 2^128, all of which 22 digits can spell.
      let bytes = [UInt8.random(in: 1...4, using: &random)] + random.bytes(16)
      #expect(parsed(Reference.base62(bytes, width: 22)) == nil)
    }
  }

  @Test func textOfOtherLengthOrAlphabetIsRefused() throws {
    let id = TokenID(unixMilliseconds: 1_700_000_000_000, random: (1, 2))
    let text = array(id.text)
    for count in 0..<22 { #expect(parsed(Array(text.prefix(count))) == nil) }
    #expect(parsed(([UInt8(ascii: "0")] + text)) == nil)
    for position in text.indices {
      for byte in UInt8.min...UInt8.max where !Reference.alphabet.contains(byte) {
        var wrong = text
        wrong[position] = byte
        #expect(parsed(wrong) == nil)
      }
    }
  }

  @Test func orderIsThatOfBytesAndOfText() throws {
    var random = SplitMix64(seed: 5)
    for _ in 0..<1000 {
      // Few distinct bytes, so that a common beginning is likely.
      let pair = try (0..<2).map { _ in
        try #require(read(random.bytes(16).map { $0 < 200 ? 7 : $0 }))
      }
      let isLess = pair[0] < pair[1]
      #expect(isLess == array(pair[0].bytes).lexicographicallyPrecedes(array(pair[1].bytes)))
      #expect(isLess == array(pair[0].text).lexicographicallyPrecedes(array(pair[1].text)))
    }
  }
}
