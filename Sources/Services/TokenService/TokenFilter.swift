internal import Ledger
internal import Messages
internal import RPC
internal import Tokens

/// Which tokens a list shows.
struct TokenFilter {
  private let kind: Int32
  private var state: TokenState?
  private var expiringBefore: Int64?
  private var unusedSince: Int64?
  private let time: LedgerTime

  init(_ request: PosternV1.ListTokensRequest, at time: LedgerTime) throws(Status) {
    kind = request.kind.rawValue
    self.time = time
    if request.state != .unspecified {
      guard let state = TokenState(rawValue: UInt8(clamping: request.state.rawValue)) else {
        throw Fields.invalid("`state` is none that a token can be in", "state")
      }
      self.state = state
    }
    if let time = request.expiringBefore {
      expiringBefore = try Fields.time(time, "expiring_before")
    }
    if let time = request.unusedSince { unusedSince = try Fields.time(time, "unused_since") }
  }

  /// Whether the list shows the token.
  func admits<State: LedgerState & ~Copyable>(
    _ token: TokenRecord, _ ledger: borrowing State
  ) -> Bool {
    if kind != 0, token.kind.map({ Int32($0.rawValue) }) != kind { return false }
    if let state, token.state(at: time) != state { return false }
    if let expiringBefore {
      let expiry = token.expiresAtNanoseconds
      guard expiry != 0, expiry < expiringBefore else { return false }
    }
    if let unusedSince {
      // A new one had no time to be used in.
      guard token.issuedAtNanoseconds < unusedSince else { return false }
      return ledger.usage(of: token).map { $0.lastNanoseconds < unusedSince } ?? true
    }
    return true
  }
}
