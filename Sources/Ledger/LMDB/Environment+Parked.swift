internal import CLMDB
internal import Platform

// A write transaction that waits for a word from elsewhere, and is not needed: whatever else is to
// be written has precedence, and aborts it. So nothing that begins a transaction has to know of it.

/// The address of the transaction, and how many there were.
struct ParkedTransaction: Sendable {
  var address: UInt = 0
  var number: UInt64 = 0
}

// SAFETY: the address is that of a write transaction of this environment which nothing else refers
// to. It is taken out under the lock, by the thread that began it, and ended once.
extension Environment {
  /// Sets a transaction aside; the number by which it can be taken back.
  func park(_ transaction: OpaquePointer) -> UInt64 {
    parked.withLock { parked in
      precondition(parked.address == 0, "two write transactions at once")
      parked = ParkedTransaction(
        address: UInt(bitPattern: transaction), number: parked.number + 1)
      return parked.number
    }
  }

  /// Takes a transaction back; nil if it was aborted since.
  func takeParked(_ number: UInt64) -> OpaquePointer? {
    let address = parked.withLock { parked in
      guard parked.number == number else { return 0 as UInt }
      defer { parked.address = 0 }
      return parked.address
    }
    return unsafe OpaquePointer(bitPattern: address)
  }

  /// Aborts the transaction that is set aside, if there is one.
  func abortParked() {
    let address = parked.withLock { parked in
      defer { parked.address = 0 }
      return parked.address
    }
    if let transaction = unsafe OpaquePointer(bitPattern: address) {
      unsafe mdb_txn_abort(transaction)
    }
  }
}
