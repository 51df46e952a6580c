package import Ledger
internal import Messages
internal import Tokens

extension PosternServices {
  /// Removes tokens that ended longer ago than they are kept, the oldest ends first, as one entry
  /// of at most `maximumSwept`. Returns how many.
  ///
  /// Safe whenever it happens: an unknown token is inactive, as these are already, and no id is
  /// ever given again.
  package func sweepTokens(_ draft: inout Draft, by actor: Actor) -> Int {
    var ids: [UInt8] = []
    let (end, overflow) = draft.nowNanoseconds.subtractingReportingOverflow(
      limits.tokenRetentionNanoseconds)
    guard limits.tokenRetentionNanoseconds > 0, !overflow else { return 0 }
    draft.forEachToken(endedBefore: end) { id in
      let bytes = id.bytes
      for index in bytes.indices { ids.append(bytes[index]) }
      return ids.count < Self.maximumSwept * TokenID.byteCount
    }
    guard !ids.isEmpty else { return 0 }
    draft.sweepTokens(ids, by: actor)
    return ids.count / TokenID.byteCount
  }

  /// Some milliseconds of work, which no command should wait for longer.
  package static var maximumSwept: Int { 250 }
}
