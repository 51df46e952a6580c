internal import Testing
internal import Tokens

/// How long the secret from before a rotation is good too.
@Suite struct TokenGraceTests {
  private static let day: Int64 = 24 * 3600 * 1_000_000_000

  @Test func endsWithTheGraceOrTheToken() throws {
    func end(_ grace: Int64, expiry: Int64?, now: Int64 = 1000) throws -> Int64? {
      try TokenGrace.endNanoseconds(
        graceNanoseconds: grace, expiryNanoseconds: expiry, nowNanoseconds: now)
    }
    #expect(try end(0, expiry: nil) == nil)
    #expect(try end(0, expiry: 2000) == nil)
    #expect(try end(1, expiry: nil) == 1001)
    #expect(try end(500, expiry: 2000) == 1500)
    #expect(try end(5000, expiry: 2000) == 2000)
    #expect(try end(60 * Self.day, expiry: nil) == 60 * Self.day + 1000)
    #expect(try end(60 * Self.day, expiry: nil, now: .max - 5) == .max)
  }

  @Test(
    arguments: [
      (-1, TokenGraceError.negative), (Int64.min, .negative), (60 * day + 1, .tooLong),
      (Int64.max, .tooLong),
    ] as [(Int64, TokenGraceError)])
  func refuses(_ grace: Int64, _ expected: TokenGraceError) {
    let error = #expect(throws: TokenGraceError.self) {
      try TokenGrace.endNanoseconds(
        graceNanoseconds: grace, expiryNanoseconds: nil, nowNanoseconds: 1000)
    }
    #expect(error == expected)
  }
}
