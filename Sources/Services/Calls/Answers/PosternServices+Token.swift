internal import Identifiers
internal import Ledger
internal import Messages
internal import Tokens

extension PosternServices {
  /// Writes a token as the contract shows it.
  func writeToken<State: LedgerState & ~Copyable>(
    _ record: TokenRecord, from state: borrowing State,
    into token: PosternV1.Token.Builder
  ) {
    let text = record.id.text
    token.setID(text.span)
    token.setKind(PosternV1.TokenKind(rawValue: record.kind.map { Int32($0.rawValue) } ?? 0))
    token.setOrganizationID(record.organizationID.bytes)
    token.setUserID(UserID.bytes(of: record.userID))
    token.setName(record.name)
    for scope in Self.scopes where record.scopes.contains(scope.bit) {
      token.addScopes(scope.value)
    }
    token.setDescription(record.description)
    token.makeIssuedAt().set(nanoseconds: record.issuedAtNanoseconds)
    if record.expiresAtNanoseconds != 0 {
      token.makeExpiresAt().set(nanoseconds: record.expiresAtNanoseconds)
    }
    if record.revokedAtNanoseconds != 0 {
      token.makeRevokedAt().set(nanoseconds: record.revokedAtNanoseconds)
    }
    let current = record.state(at: state.time)
    token.setState(PosternV1.TokenState(rawValue: Int32(current.rawValue)))
    let previousEnd = record.previousSecretExpiresAtNanoseconds
    if previousEnd > state.nowNanoseconds, current == .active || current == .disabled {
      token.makePreviousSecretExpiresAt().set(nanoseconds: previousEnd)
    }
    if let usage = state.usage(of: record) {
      token.makeLastUsedAt().set(nanoseconds: usage.lastNanoseconds)
      token.setUseCount(usage.useCount)
      token.setPreviousSecretUseCount(usage.previousSecretCount)
      if usage.previousSecretLastNanoseconds != 0 {
        token.makePreviousSecretLastUsedAt().set(nanoseconds: usage.previousSecretLastNanoseconds)
      }
    }
    writeAttribution(of: record.issuedRevision, from: state, into: token.makeIssuedBy())
  }

  /// The scopes of the contract beside the bits that are stored.
  static var scopes: [(value: PosternV1.TokenScope, bit: TokenScopes)] {
    [(.ingest, .ingest), (.api, .api), (.rum, .rum)]
  }
}
