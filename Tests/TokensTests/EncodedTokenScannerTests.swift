internal import Foundation
internal import Testing
internal import Tokens

/// Tokens in UTF-16 and base64, wherever they stand and however the input comes.
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

  @Test(arguments: ["\n", "\r\n", "\n    "])
  func base64OverLineEnds(_ lineEnd: String) throws {
    let token = Self.tokens[0]
    let prefix = Data(repeating: 0x61, count: 30)
    let letters = Array((prefix + Data(token.utf8)).base64EncodedString().utf8)
    // Every place for a line end, but within the seven letters of the mark.
    for width in 48..<76 {
      var input: [UInt8] = []
      for start in stride(from: 0, to: letters.count, by: width) {
        input += letters[start..<min(letters.count, start + width)] + Array(lineEnd.utf8)
      }
      #expect(try found(input).count == 1, "lines of \(width)")
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
