internal import EpochPage
internal import Identifiers
internal import Ledger
internal import Messages
internal import Metrics
internal import RPC
internal import Tokens

extension PosternServices {
  /// What an answer about the bearer of a token rests on, and its receipt, for a client that wants
  /// to keep it; nil where it must not be kept. `organization` as in `keptEpochs`.
  func keep(
    of id: TokenID, in organization: OrganizationID?, _ kind: UseReceipt.Kind, for call: Call,
    _ snapshot: borrowing Snapshot
  ) -> (epochs: KeptEpochs, receipt: InlineArray<41, UInt8>)? {
    guard let epochs = snapshot.keptEpochs(of: id, in: organization) else {
      kept.refused.add()
      return nil
    }
    kept.given.add()
    let receipt = UseReceipt(of: id, kind, givenNanoseconds: snapshot.nowNanoseconds)
    return (epochs, receipt.bytes(for: call.peer.userID, pageKey))
  }
}

extension PosternV1.Keep.Builder {
  /// Sets what an answer rests on, and the receipt of it.
  func set(_ kept: (epochs: KeptEpochs, receipt: InlineArray<41, UInt8>)) {
    let epochs = kept.epochs
    setPage(epochs.page)
    if epochs.endNanoseconds != .max { makeUntil().set(nanoseconds: epochs.endNanoseconds) }
    for index in 0..<epochs.count {
      addCounters().set(epochs.stamps[index])
    }
    setReceipt(kept.receipt.span)
  }
}

extension PosternV1.KeepCounter.Builder {
  fileprivate func set(_ stamp: EpochStamp) {
    setIndex(stamp.counter)
    setValue(stamp.value)
  }
}
