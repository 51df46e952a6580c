internal import TestSupport
internal import Testing
internal import Tokens

/// The search for leaked tokens, held against one that parses at every byte.
@Suite struct TokenScannerTests {
  private func token(_ random: inout SplitMix64, kind: TokenKind = .user) -> [UInt8] {
    let id = TokenID(unixMilliseconds: 1_760_000_000_000, random: (random.next(), random.next()))
    let secret = TokenSecret(kind: kind, id: id, random: random.bytes(20).span)
    return secret.withText { text in text.indices.map { text[$0] } }
  }

  /// Scans an input that comes in chunks, each of as many bytes as `next` says.
  private func scan(_ input: [UInt8], by next: () -> Int) -> [FoundToken] {
    var scanner = TokenScanner()
    var found: [FoundToken] = []
    var window: [UInt8] = []
    var rest = input[...]
    while !rest.isEmpty {
      let chunk = rest.prefix(max(1, next()))
      rest = rest.dropFirst(chunk.count)
      window += chunk
      let done = scanner.scan(window.span) { (token, text) in
        found.append(token)
        let start = Int(token.offsetBytes)
        for index in text.indices where text[index] != input[start + index] {
          Issue.record("the text that is lent is another")
          break
        }
      }
      window.removeFirst(done)
      #expect(window.count < TokenSecret.textCount)
    }
    return found
  }

  private func scan(_ input: [UInt8]) -> [FoundToken] { scan(input) { input.count } }

  /// Whether a token begins at every byte, and the lines counted one by one.
  private func reference(_ input: [UInt8]) -> [FoundToken] {
    var found: [FoundToken] = []
    var line: Int64 = 1
    var column: Int64 = 1
    for start in input.indices {
      let text = Array(input[start...].prefix(TokenSecret.textCount))
      let parsed = TokenSecret.withParsed(text.span) { secret in (secret.kind, secret.id) }
      if let (kind, id) = parsed {
        found.append(
          FoundToken(
            kind: kind, id: id, offsetBytes: Int64(start), line: line, column: column))
      }
      column += 1
      if input[start] == UInt8(ascii: "\n") {
        line += 1
        column = 1
      }
    }
    return found
  }

  @Test func everyChunkBoundaryInAToken() {
    var random = SplitMix64(seed: 1)
    let before = Array("first line\nsecond: ".utf8)
    let input = before + token(&random, kind: .organization) + Array(" and more".utf8)
    let expected = reference(input)
    #expect(expected.count == 1)
    #expect(expected.first?.line == 2)
    #expect(expected.first?.column == 9)
    for boundary in 1..<input.count {
      var isFirst = true
      let found = scan(input) {
        defer { isFirst = false }
        return isFirst ? boundary : input.count
      }
      #expect(found == expected, "the boundary at \(boundary)")
    }
    #expect(scan(input) { 1 } == expected)
  }

  @Test func oneWrongCharacterIsNoToken() {
    var random = SplitMix64(seed: 2)
    let text = token(&random)
    for index in text.indices {
      var wrong = text
      repeat {
        wrong[index] = Reference.alphabet[Int(random.next() % 62)]
      } while wrong[index] == text[index]
      #expect(scan(wrong).isEmpty, "the character \(index)")
    }
    #expect(scan(Array(text.dropLast())).isEmpty)
    #expect(scan(Array(text.dropFirst())).isEmpty)
  }

  @Test func aTokenIsFoundWhateverIsAroundIt() {
    var random = SplitMix64(seed: 3)
    let text = token(&random)
    for byte in UInt8.min...UInt8.max {
      let found = scan([byte] + text + [byte])
      #expect(found.map(\.offsetBytes) == [1], "between bytes \(byte)")
    }
    #expect(scan(Array("%22pst_u_pst_".utf8) + text + text).map(\.offsetBytes) == [13, 74])
  }

  /// The last letter of the first is the first of the second.
  @Test func twoThatShareLetters() throws {
    var random = SplitMix64(seed: 4)
    let second = token(&random)
    var first: [UInt8] = []
    repeat { first = token(&random) } while first.last != UInt8(ascii: "p")
    let input = first + second.dropFirst()
    #expect(scan(input).map(\.offsetBytes) == [0, 60])
    #expect(scan(input) == reference(input))
  }

  /// Pieces that resemble tokens, in chunks of any size.
  @Test(arguments: UInt64(10)..<40)
  func asTheReferenceDoes(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var input: [UInt8] = []
    for _ in 0..<60 {
      switch random.next() % 9 {
      case 0, 1: input += token(&random, kind: random.next() % 2 == 0 ? .user : .organization)
      case 2:
        var wrong = token(&random)
        wrong[Int(random.next() % 61)] = UInt8(truncatingIfNeeded: random.next())
        input += wrong
      case 3: input += token(&random).prefix(Int(random.next() % 61))
      case 4: input += Array("_pst_u__pst_o_".utf8.prefix(Int(random.next() % 15)))
      case 5:
        input += (0..<Int(random.next() % 130)).map { _ in
          Reference.alphabet[Int(random.next() % 62)]
        }
      case 6: input += [UInt8](repeating: UInt8(ascii: "_"), count: Int(random.next() % 70))
      case 7: input += [UInt8](repeating: UInt8(ascii: "\n"), count: Int(random.next() % 3))
      default: input += random.bytes(Int(random.next() % 40))
      }
    }
    let expected = reference(input)
    #expect(expected.count > 5)
    #expect(scan(input) == expected)
    #expect(scan(input) { Int(random.next() % 200) } == expected)
  }
}
