internal import Ledger
internal import Messages
internal import Metrics
internal import RPC

extension PosternServices {
  // Open to every process that can connect: a receipt shows that a process of its local user was
  // given the answer, and so had the secret.
  //
  // An item takes about 1 us: a whole report fits into a turn.
  func reportUses(
    _ request: PosternV1.ReportUsesRequest, for call: Call, from snapshot: borrowing Snapshot,
    into response: PosternV1.ReportUsesResponse.Builder
  ) throws(Status) {
    guard request.usesCount <= Self.maximumReportedItems else {
      throw Fields.invalid(
        "`uses` must hold \(Self.maximumReportedItems) items at most", "uses")
    }
    // All are read before the first is counted.
    for index in 0..<request.usesCount {
      do throws(Status) { _ = try Self.lastUse(request.uses(at: index)) } catch {
        throw error.within("uses[\(index)]")
      }
    }
    var refused: UInt32 = 0
    for index in 0..<request.usesCount {
      if try !count(request.uses(at: index), of: call, in: snapshot) { refused += 1 }
    }
    response.setRefusedCount(refused)
  }

  /// The most items of a report, each of which has some hundred bytes in a client's memory.
  private static var maximumReportedItems: Int { 500 }
  private static var maximumReportedUses: UInt64 { 1_000_000_000 }

  /// Counts an item; false if its receipt is not good.
  private func count(
    _ uses: PosternV1.KeptUses, of call: Call, in snapshot: borrowing Snapshot
  ) throws(Status) -> Bool {
    let userID = call.peer.userID
    guard let receipt = UseReceipt(uses.receipt, of: userID, pageKey) else {
      kept.refusedItems.add()
      return false
    }
    kept.uses.add(uses.count)
    // A client reads a clock that may lag behind by some ticks.
    let last = max(try Self.lastUse(uses), receipt.givenNanoseconds)
    snapshot.tokenUses.noteKept(
      receipt.tokenID, count: uses.count, areDenied: receipt.kind == .denied,
      method: receipt.kind.method.rawValue, userID: userID,
      lastNanoseconds: min(last, snapshot.nowNanoseconds))
    return true
  }

  private static func lastUse(_ uses: PosternV1.KeptUses) throws(Status) -> Int64 {
    guard (1...maximumReportedUses).contains(uses.count) else {
      throw Fields.invalid("`count` must be 1 to \(maximumReportedUses)", "count")
    }
    guard let time = uses.lastUsedAt else {
      throw Fields.invalid("`last_used_at` is required", "last_used_at")
    }
    return try Fields.time(time, "last_used_at")
  }
}
