internal import Messages
package import Tokens

extension LedgerState where Self: ~Copyable {
  /// Counts a use of a token that was found active, in the call that its thread has begun.
  package func noteUse(_ token: TokenRecord, isDenied: Bool = false) {
    tokenUses.note(
      token.id, isByPreviousSecret: token.isByPreviousSecret, isDenied: isDenied,
      nowNanoseconds: nowNanoseconds)
  }

  /// How a token was used, as far as it has been written; nil for not at all.
  package func usage(of token: TokenRecord) -> TokenUsage? {
    let key = token.id.bytes
    guard let row = row(tables.tokenUsage, key.span) else { return nil }
    var usage = TokenUsage(row: row)
    usage.follow(rotatedAtNanoseconds: token.rotatedAtNanoseconds)
    return usage
  }

  /// The usage of a token by day, local user and method, from a day on and behind the row whose key
  /// is `after` (empty: from the first), until `body` returns false.
  package func forEachUsage(
    of id: TokenID, fromDay day: UInt16, after: Span<UInt8>, _ body: (UsageRow) -> Bool
  ) {
    let token = id.bytes
    var start = Key(token.span)
    if after.isEmpty { start.append(bigEndian: UInt64(day) << 32) } else { start.append(after) }
    forEachRow(tables.usage, from: start.bytes, prefix: token.span) { key, row in
      let rest = key.extracting(TokenID.byteCount..<key.count)
      return (!after.isEmpty && rest.isEqual(to: after)) || body(UsageRow(key: rest, row))
    }
  }
}
