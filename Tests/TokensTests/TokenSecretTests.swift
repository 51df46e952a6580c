internal import TestSupport
internal import Testing
internal import Tokens

@Suite struct TokenSecretTests {
  private func text(_ secret: borrowing TokenSecret) -> [UInt8] {
    secret.withText { text in text.indices.map { text[$0] } }
  }

  private func bytes(_ secret: borrowing TokenSecret) -> [UInt8] {
    secret.withBytes { bytes in bytes.indices.map { bytes[$0] } }
  }

  // `#expect` and `#require` take no spans, so they go by these.
  private func identified(_ bytes: [UInt8]) -> TokenID? { TokenID(bytes: bytes.span) }

  private func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    constantTimeEqual(left.span, right.span)
  }

  private func isToken(_ text: [UInt8]) -> Bool {
    switch TokenSecret(parsing: text.span) {
    case .none: false
    case .some: true
    }
  }

  private func sample(seed: UInt64, kind: TokenKind = .user) -> [UInt8] {
    var random = SplitMix64(seed: seed)
    let id = TokenID(unixMilliseconds: 1_760_000_000_000, random: (random.next(), random.next()))
    return text(TokenSecret(kind: kind, id: id, random: random.bytes(20).span))
  }

  @Test func aTextIsWhatTheContractSays() throws {
    let id = try #require(identified((0..<16).map { UInt8($0) }))
    let random = (0..<20).map { UInt8(0xff - $0) }
    let prefixes: [(TokenKind, String)] = [(.user, "pst_u_"), (.organization, "pst_o_")]
    for (kind, prefix) in prefixes {
      let expected = Reference.token(
        prefix: prefix, id: Reference.base62((0..<16).map { UInt8($0) }, width: 22),
        secret: Reference.base62(random, width: 27))
      #expect(text(TokenSecret(kind: kind, id: id, random: random.span)) == expected)
      #expect(expected.count == TokenSecret.textCount)
    }
  }

  @Test func roundTrips() throws {
    var random = SplitMix64(seed: 7)
    let extremes = [[UInt8](repeating: 0, count: 20), [UInt8](repeating: 0xff, count: 20)]
    for secretBytes in extremes + (0..<2000).map({ _ in random.bytes(20) }) {
      let kind: TokenKind = random.next() % 2 == 0 ? .user : .organization
      let id = try #require(identified(random.bytes(16)))
      let secret = TokenSecret(kind: kind, id: id, random: secretBytes.span)
      let written = text(secret)
      guard let parsed = TokenSecret(parsing: written.span) else {
        Issue.record("a written token is refused")
        continue
      }
      #expect(parsed.kind == kind)
      #expect(parsed.id == id)
      #expect(bytes(parsed) == secretBytes)
      #expect(text(parsed) == written)
    }
  }

  @Test func aLentSecretIsWholeAndThenWiped() throws {
    let id = TokenID(unixMilliseconds: 1_760_000_000_000, random: (8, 9))
    let random = (1...20).map { UInt8($0) }
    let written = TokenSecret.withNew(kind: .organization, id: id, random: random.span) { secret in
      (text(secret), bytes(secret))
    }
    #expect(written.1 == random)
    let parsed = TokenSecret.withParsed(written.0.span) { secret in
      (secret.kind, secret.id, bytes(secret))
    }
    let (kind, parsedID, parsedBytes) = try #require(parsed)
    #expect(kind == .organization && parsedID == id && parsedBytes == random)
    let refused = TokenSecret.withParsed(random.span) { _ in Issue.record("lent what it refused") }
    #expect(refused == nil)
    let kept = TokenSecret(kind: .user, id: id, random: random.span)
    kept.wipe()
    #expect(bytes(kept) == [UInt8](repeating: 0, count: 20))
  }

  @Test(arguments: [11, 12, 13] as [UInt64])
  func everySubstitutionIsRefused(seed: UInt64) {
    let token = sample(seed: seed, kind: seed % 2 == 0 ? .user : .organization)
    #expect(isToken(token))
    var accepted = 0
    for position in token.indices {
      for byte in UInt8.min...UInt8.max where byte != token[position] {
        var wrong = token
        wrong[position] = byte
        if isToken(wrong) { accepted += 1 }
      }
    }
    #expect(accepted == 0)
  }

  @Test func everySwapOfNeighboursIsRefused() {
    let token = sample(seed: 14)
    for position in 1..<token.count where token[position] != token[position - 1] {
      var wrong = token
      wrong.swapAt(position, position - 1)
      #expect(!isToken(wrong))
    }
  }

  @Test func everyOtherLengthIsRefused() {
    let token = sample(seed: 15)
    for count in 0..<200 where count != token.count {
      #expect(!isToken((0..<count).map { token[$0 % token.count] }))
    }
    for position in token.indices {
      var shorter = token
      shorter.remove(at: position)
      #expect(!isToken(shorter))
      var longer = token
      longer.insert(token[position], at: position)
      #expect(!isToken(longer))
    }
  }

  @Test func numbersPastTheirWidthAreRefusedWithARightChecksum() {
    let zeros = (id: [UInt8](repeating: 0, count: 16), secret: [UInt8](repeating: 0, count: 20))
    let id = Reference.base62(zeros.id, width: 22)
    let secret = Reference.base62(zeros.secret, width: 27)
    #expect(isToken(Reference.token(prefix: "pst_u_", id: id, secret: secret)))
    let longID = Reference.base62([1] + zeros.id, width: 22)
    #expect(!isToken(Reference.token(prefix: "pst_u_", id: longID, secret: secret)))
    let longSecret = Reference.base62([1] + zeros.secret, width: 27)
    #expect(!isToken(Reference.token(prefix: "pst_u_", id: id, secret: longSecret)))
    let most = [UInt8](repeating: UInt8(ascii: "z"), count: 27)
    #expect(!isToken(Reference.token(prefix: "pst_u_", id: id, secret: most)))
    #expect(!isToken(Reference.token(prefix: "pst_u_", id: Array(most.prefix(22)), secret: secret)))
  }

  @Test func otherPrefixesAreRefusedWithARightChecksum() {
    let id = Reference.base62([UInt8](repeating: 3, count: 16), width: 22)
    let secret = Reference.base62([UInt8](repeating: 4, count: 20), width: 27)
    for prefix in ["pst_x_", "PST_u_", "pst-u_", "pst_U_", "pst_u-", "qst_u_", "pst___"] {
      #expect(!isToken(Reference.token(prefix: prefix, id: id, secret: secret)))
    }
    for prefix in ["pst_u_", "pst_o_"] {
      #expect(isToken(Reference.token(prefix: prefix, id: id, secret: secret)))
    }
  }

  @Test func aChecksumPast32BitsIsRefused() {
    // The same checksum modulo 2^32, spelled as a greater number that six digits hold.
    let token = sample(seed: 16)
    let checksum = Reference.crc32(Array(token.prefix(55)))
    for multiple in 1...12 {
      let value = UInt64(checksum) + UInt64(multiple) << 32
      let bytes = [32, 24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> UInt64($0)) }
      #expect(!isToken(Array(token.prefix(55)) + Reference.base62(bytes, width: 6)))
    }
  }

  @Test func randomBytesAreRefused() {
    var random = SplitMix64(seed: 17)
    for _ in 0..<20_000 {
      let noise = random.bytes(55).map { Reference.alphabet[Int($0) % 62] }
      #expect(!isToken(Array("pst_u_".utf8) + noise))
    }
  }

  @Test func comparesInConstantTimeWithoutMistakes() {
    var random = SplitMix64(seed: 18)
    for count in 0..<64 {
      let bytes = random.bytes(count)
      #expect(equal(bytes, bytes))
      #expect(!equal(bytes, bytes + [0]))
      for position in bytes.indices {
        for bit in 0..<8 {
          var other = bytes
          other[position] ^= 1 << UInt8(bit)
          #expect(!equal(bytes, other))
        }
      }
    }
  }
}
