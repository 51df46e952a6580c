internal import EpochPage
internal import Synchronization
package import Tokens

// When a row that was kept is used in place of the one in the table.
//
// It is kept under the value of its token's counter, by the rule of answers that clients keep
// (`stamp`): no change of the token is under way, and none is published behind the view that the
// row was read from. As long as the counter has that value no change of the token has begun to be
// committed, so every view since then has the same row. A view that has a later change was renewed
// after the counter had moved.
//
// What the time decides, whether a token has ended or its previous secret is still good, is judged
// at each use. A draft reads the table, and so does a view that stays behind while others move on.
extension Snapshot {
  @_lifetime(borrow self)
  package func token(_ id: TokenID) -> TokenRecord? {
    // SAFETY: a row of the table lies in the map as long as the view. A row of the cache is
    // overwritten after the next `refresh` at the earliest, which needs this snapshot for itself.
    if let row = unsafe keptRow(of: id) {
      return unsafe _overrideLifetime(
        TokenRecord(id, Span(_unsafeElements: row)), borrowing: self)
    }
    guard let token = storedToken(id) else { return nil }
    if let records, let stamp = stamp(ofToken: id) { records.keep(token.row, of: id, stamp) }
    return unsafe _overrideLifetime(token, borrowing: self)
  }

  @unsafe
  private func keptRow(of id: TokenID) -> UnsafeBufferPointer<UInt8>? {
    guard let records else { return nil }
    // The counter is loaded after the view was renewed: see `EpochCounters`.
    atomicMemoryFence(ordering: .acquiring)
    guard let offset = records.offset(of: id),
      ledger.counters.isCurrent(records.stamp(at: offset))
    else { return nil }
    return unsafe records.lendRow(at: offset)
  }

  /// Begins to bring what calls about tokens read into the processor's cache: places of rows, then
  /// rows and what counts their uses. So the calls wait for memory once together, and not each.
  package func prefetch(_ ids: Span<TokenID>) {
    guard let records else { return }
    for index in ids.indices { records.prefetchBucket(of: ids[index]) }
    for index in ids.indices {
      records.prefetchRow(of: ids[index])
      tokenUses.prefetch(ids[index])
    }
  }
}
