internal import Ledger
internal import RPC
internal import Tokens

extension Answerer {
  /// How many calls are looked at together.
  static var callsAhead: Int { 16 }

  /// Looks which tokens the next calls of a connection are about, so that their rows are on the way
  /// before the first is answered. A single call gains nothing.
  func lookAhead<Wire: Framing & ~Copyable>(at framing: borrowing Wire) {
    var ids = InlineArray<16, TokenID>(repeating: TokenID(high: 0, low: 0))
    var count = 0
    framing.forEachWaitingPayload(limit: Self.callsAhead) { payload in
      guard let id = Self.tokenID(in: payload) else { return }
      ids[count] = id
      count += 1
    }
    if count > 1 { prefetch(ids.span.extracting(first: count)) }
  }

  /// The token whose secret is the first field, as in ValidateToken and Check.
  private static func tokenID(in payload: Span<UInt8>) -> TokenID? {
    let end = 2 + TokenSecret.textCount
    guard payload.count >= end, payload[0] == 1 << 3 | 2, payload[1] == UInt8(end - 2) else {
      return nil
    }
    return TokenSecret.id(in: payload.extracting(2..<end))
  }
}
