internal import Identifiers
internal import Testing

@Suite struct FreeTextTests {
  private func problem(_ bytes: [UInt8], _ bounds: FreeTextBounds) -> FieldProblem? {
    do throws(InvalidField) {
      _ = try FreeText(bytes.span, field: "text", bounds: bounds)
      return nil
    } catch {
      return error.problem
    }
  }

  @Test(
    arguments: [(.displayName, 0, 256), (.description, 0, 1024), (.tokenName, 1, 128)]
      as [(FreeTextBounds, Int, Int)])
  func lengths(bounds: FreeTextBounds, minimum: Int, maximum: Int) {
    for count in [0, 1, maximum - 1, maximum, maximum + 1, maximum * 2] {
      let expected: FieldProblem? =
        count < minimum ? .empty : count > maximum ? .tooLong(maximumBytes: maximum) : nil
      #expect(problem([UInt8](repeating: UInt8(ascii: "x"), count: count), bounds) == expected)
    }
  }

  @Test func ordinaryTextIsAllowed() {
    for text in ["Größe", "日本語", "🙂 ok", "a\nb\tc", "\u{7f}", "e\u{301}"] {
      #expect(problem(Array(text.utf8), .displayName) == nil)
    }
  }

  @Test(
    arguments: [
      [0xff], [0xc0, 0x80], [0xe2, 0x82], [0x61, 0x80], [0xed, 0xa0, 0x80],
      [0xf4, 0x90, 0x80, 0x80],
      [0xf0, 0x80, 0x80, 0x80], [0x61, 0xc3],
    ] as [[UInt8]])
  func malformedIsRefused(bytes: [UInt8]) {
    for bounds in FreeTextBounds.allCases { #expect(problem(bytes, bounds) == .notUTF8) }
  }

  /// A token's id may be written down, its secret may not, not even the beginning of it.
  @Test func noSecretOfAToken() {
    let text = "see pst_u_03535P64scRoTpbyDprbDv"
    for allowed in [text, "\(text) 012", "pst_u_", "the prefix pst_o_ and pst_u_"] {
      #expect(problem(Array(allowed.utf8), .description) == nil)
    }
    for refused in ["\(text)0", "\(text)012345678901234567890123456789012.", "x\(text)0pst_"] {
      #expect(problem(Array(refused.utf8), .description) == .tokenInText)
    }
  }

  @Test func noNUL() {
    #expect(problem([0], .displayName) == .containsNUL(offset: 0))
    #expect(problem([0x61, 0x62, 0, 0x63], .tokenName) == .containsNUL(offset: 2))
  }
}
