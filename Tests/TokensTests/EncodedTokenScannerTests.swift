internal import Foundation
internal import Testing
internal import Tokens

/// Tokens in UTF-16, UTF-32 and base64, wherever they stand and however the input comes.
@Suite struct EncodedTokenScannerTests {
  private static let tokens = [token(1, .user), token(2, .organization), token(77, .user)]

  private static func token(_ seed: UInt64, _ kind: TokenKind) -> String {
    let id = TokenID(unixMilliseconds: 1_760_000_000_000, random: (seed, seed))
    let random = (0..<20).map { UInt8(truncatingIfNeeded: seed &* 37 &+ $0) }
    return TokenSecret.withNew(kind: kind, id: id, random: random.span) { secret in
      secret.withText { text in String(decoding: text.indices.map { text[$0] }, as: UTF8.self) }
    }
  }

  /// What is found in an input that comes in chunks, as `text encoding line:column`.
  private func found(_ input: [UInt8], chunk: Int = .max) throws -> [String] {
    var scanner = EncodedTokenScanner()
    var found: [String] = []
    var window: [UInt8] = []
    var position = 0
    while true {
      let isEnded = position == input.count
      let done = scanner.scan(window.span, isEnded: isEnded) { (token, encoding, text) in
        let decoded = String(decoding: text.indices.map { text[$0] }, as: UTF8.self)
        found.append("\(decoded) \(encoding.rawValue) \(token.line):\(token.column)")
      }
      if isEnded { return found }
      window.removeFirst(done)
      let next = min(input.count, position + min(chunk, input.count))
      window += input[position..<next]
      position = next
    }
  }

  @Test(arguments: tokens, [false, true])
  func utf16(_ token: String, isBigEndian: Bool) throws {
    let encoding = isBigEndian ? String.Encoding.utf16BigEndian : .utf16LittleEndian
    for before in ["", "a", "x\n\u{20ac}y"] {
      let input = try #require("\(before)\(token)\(token)b".data(using: encoding))
      for chunk in [1, 7, 256, 4096] {
        let lines = try found(Array(input), chunk: chunk)
        #expect(lines.count == 2)
        #expect(lines.allSatisfy { $0.hasPrefix("\(token) UTF-16 ") })
      }
    }
  }

  @Test(arguments: tokens, [false, true])
  func utf32(_ token: String, isBigEndian: Bool) throws {
    let encoding = isBigEndian ? String.Encoding.utf32BigEndian : .utf32LittleEndian
    for before in ["", "a", "x\n\u{20ac}y"] {
      let input = try #require("\(before)\(token)\(token)b".data(using: encoding))
      for chunk in [1, 7, 256, 4096] {
        let lines = try found(Array(input), chunk: chunk)
        #expect(lines.count == 2)
        #expect(lines.allSatisfy { $0.hasPrefix("\(token) UTF-32 ") })
      }
    }
  }

  /// As a command for PowerShell has it, in lines too, and once more in UTF-16.
  @Test(arguments: tokens, [false, true])
  func base64OfUTF16(_ token: String, isBigEndian: Bool) throws {
    let encoding = isBigEndian ? String.Encoding.utf16BigEndian : .utf16LittleEndian
    for before in 0..<60 {
      let text = String(repeating: ">", count: before) + token + "?>~"
      let encoded = try #require(text.data(using: encoding))
      for lines in [[], [.lineLength76Characters, .endLineWithCarriageReturn]]
        as [Data.Base64EncodingOptions]
      {
        let letters = encoded.base64EncodedString(options: lines)
        for input in [Data(letters.utf8), try #require(letters.data(using: .utf16LittleEndian))] {
          let found = try found(Array(input), chunk: 61)
          #expect(found.count == 1, "\(before)")
          #expect(found.first?.hasPrefix("\(token) base64 of UTF-16 ") == true, "\(found)")
        }
      }
    }
  }

  @Test(arguments: tokens)
  func base64AtEveryAlignment(_ token: String) throws {
    for before in 0..<7 {
      let text = Data((String(repeating: ">", count: before) + token + "?>~").utf8)
      let standard = text.base64EncodedString()
      let forURLs = standard.replacing("+", with: "-").replacing("/", with: "_")
        .replacing("=", with: "")
      for encoded in [standard, forURLs] {
        let lines = try found(Array("\n  key: \(encoded)\n".utf8), chunk: 50)
        #expect(lines.count == 1)
        #expect(lines.first?.hasPrefix("\(token) base64 2:") == true, "\(lines)")
      }
    }
  }

  /// Base64 in lines, as MIME has it (76 letters, also with two bytes at an end), PEM (64) and YAML
  /// (an indentation), with a token at every place of a line.
  @Test(
    arguments: [(76, "\n"), (76, "\r\n"), (64, "\n"), (64, "\r\n"), (60, "\n    ")],
    [false, true])
  func base64OverLineEnds(_ shape: (width: Int, lineEnd: String), isUTF16: Bool) throws {
    for token in Self.tokens.prefix(2) {
      // A line holds three bytes for four letters.
      for offset in 0..<2 * shape.width * 3 / 4 {
        let bytes = Data(repeating: 0x3e, count: offset) + Data(token.utf8) + Data("?>~".utf8)
        let letters = Array(bytes.base64EncodedString())
        let lines = stride(from: 0, to: letters.count, by: shape.width).map { start in
          String(letters[start..<min(letters.count, start + shape.width)])
        }
        let text = lines.joined(separator: shape.lineEnd) + shape.lineEnd
        let input = isUTF16 ? try #require(text.data(using: .utf16LittleEndian)) : Data(text.utf8)
        // The first letter that holds a bit of the token that is not always the same.
        let first = (offset * 8 + 5) / 6
        let place = "\(first / shape.width + 1):"
        for chunk in [61, 4096] {
          let found = try found(Array(input), chunk: chunk)
          #expect(found.count == 1, "at \(offset), in chunks of \(chunk)")
          #expect(
            found.first?.hasPrefix("\(token) base64 \(place)") == true,
            "\(found) at \(offset)")
        }
      }
    }
  }

  /// In UTF-16 of the other byte order too.
  @Test func base64InBigEndianUTF16() throws {
    let text = "key: \(Data(Self.tokens[0].utf8).base64EncodedString())"
    let input = try #require(text.data(using: .utf16BigEndian))
    #expect(try found(Array(input)) == ["\(Self.tokens[0]) base64 1:12"])
  }

  /// What is nearly a mark, in great numbers, and marks that share letters.
  @Test func goesThroughWhatIsMadeToHinderIt() throws {
    let token = Data(Self.tokens[0].utf8).base64EncodedString()
    for piece in [
      "cHN", "HN0X", "cHN0X3", "HN \n", "dF9", "3Rf", "cHN0X3V", "t\0_\0", "cHN\n\n\n0X",
      "t\0\0\0_\0\0\0", "cABzAHQAXwB", "AAcwB0AF8A", "wAHMAdABfA", "BzHQB0F8HMBf",
    ] {
      let input = String(repeating: piece, count: 3000)
      #expect(try found(Array(input.utf8), chunk: 4096) == [])
      #expect(try found(Array((input + "\n" + token).utf8), chunk: 4096).count == 1, "\(piece)")
    }
  }

  @Test func findsNothingInWhatIsNearly() throws {
    let token = Self.tokens[0]
    let changed = token.dropLast() + (token.hasSuffix("0") ? "1" : "0")
    #expect(try found(Array(Data(changed.utf8).base64EncodedData())) == [])
    #expect(try found(Array(Data(token.utf8).base64EncodedData().dropLast(4))) == [])
    #expect(try found(Array(token.utf8)) == [])
    #expect(try found([]) == [])
  }

  /// Over the ends of blocks and windows.
  @Test func findsTokensWhereverTheyStand() throws {
    let token = Data(Self.tokens[1].utf8).base64EncodedString()
    for offset in stride(from: 900, to: 1100, by: 1) {
      let filler = [UInt8](repeating: 0x2e, count: offset)
      #expect(try found(filler + Array(token.utf8) + filler, chunk: 1024).count == 1)
    }
  }
}
