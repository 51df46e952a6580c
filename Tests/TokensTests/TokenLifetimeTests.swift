internal import Testing
internal import Tokens

@Suite struct TokenLifetimeTests {
  static let day: Int64 = 86_400_000_000_000

  private func expiry(_ kind: TokenKind, _ requested: Int64?, now: Int64 = 1000) throws -> Int64? {
    try TokenLifetime.expiryNanoseconds(
      kind: kind, requestedNanoseconds: requested, nowNanoseconds: now)
  }

  @Test func defaults() throws {
    #expect(try expiry(.user, nil) == 1000 + 30 * Self.day)
    #expect(try expiry(.organization, nil) == nil)
  }

  @Test func requests() throws {
    #expect(try expiry(.user, 1) == 1001)
    #expect(try expiry(.user, 30 * Self.day) == 1000 + 30 * Self.day)
    #expect(throws: TokenLifetimeError.tooLong) { try expiry(.user, 30 * Self.day + 1) }
    #expect(throws: TokenLifetimeError.tooLong) { try expiry(.user, .max) }
    #expect(try expiry(.organization, 400 * Self.day) == 1000 + 400 * Self.day)
    for kind in TokenKind.allCases {
      for requested in [0, -1, Int64.min] {
        #expect(throws: TokenLifetimeError.notPositive) { try expiry(kind, requested) }
      }
    }
  }

  @Test func nothingOverflows() throws {
    #expect(try expiry(.organization, .max) == .max)
    #expect(try expiry(.organization, .max, now: .min) == -1)
    #expect(try expiry(.user, nil, now: .max) == .max)
    #expect(TokenLifetime.saturatingNanoseconds(seconds: .max, nanoseconds: .max) == .max)
    #expect(TokenLifetime.saturatingNanoseconds(seconds: .min, nanoseconds: .min) == .min)
    #expect(TokenLifetime.saturatingNanoseconds(seconds: 3, nanoseconds: 4) == 3_000_000_004)
    #expect(
      TokenLifetime.saturatingNanoseconds(seconds: 9_223_372_036, nanoseconds: .max) == .max)
    #expect(
      TokenLifetime.saturatingNanoseconds(seconds: -9_223_372_036, nanoseconds: .min) == .min)
  }

  @Test func states() {
    func state(_ isRevoked: Bool, _ isDisabled: Bool, _ expiry: Int64?) -> TokenState {
      TokenState(
        isRevoked: isRevoked, isDisabled: isDisabled, expiryNanoseconds: expiry,
        nowNanoseconds: 100)
    }
    #expect(state(false, false, nil) == .active)
    #expect(state(false, false, 101) == .active)
    #expect(state(false, false, 100) == .expired)
    #expect(state(false, true, 101) == .disabled)
    #expect(state(false, true, 99) == .expired)
    #expect(state(true, true, 99) == .revoked)
    #expect(state(true, false, nil) == .revoked)
  }

  private func scope(_ name: String) -> TokenScopes? {
    TokenScopes(name: Array(name.utf8).span)
  }

  @Test func scopes() {
    #expect(scope("ingest") == .ingest)
    #expect(scope("api") == .api)
    #expect(scope("rum") == .rum)
    for name in ["", "Ingest", "inges", "ingestt", "RUM"] {
      #expect(scope(name) == nil)
    }
    #expect(TokenScopes.all.names == ["ingest", "api", "rum"])
    #expect(TokenScopes(rawValue: 8).hasUnknown)
    #expect(!TokenScopes.all.hasUnknown)
    #expect(TokenScopes.all.rawValue == 7)
  }
}
