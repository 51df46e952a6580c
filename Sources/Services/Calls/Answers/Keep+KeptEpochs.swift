internal import Ledger
internal import Messages

extension PosternV1.Keep.Builder {
  /// Sets what an answer rests on.
  func set(_ kept: KeptEpochs) {
    setPage(kept.page)
    if kept.endNanoseconds != .max { makeUntil().set(nanoseconds: kept.endNanoseconds) }
    for index in 0..<kept.count {
      addCounters().set(kept.counters[index])
    }
  }
}

extension PosternV1.KeepCounter.Builder {
  fileprivate func set(_ counter: KeptEpochs.Counter) {
    setIndex(counter.index)
    setValue(counter.value)
  }
}
