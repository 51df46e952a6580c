internal import CLMDB
internal import Platform

/// The addresses of read transactions at the last commit, which stay unused until one is needed.
struct SpareViews: Sendable {
  var addresses: [UInt] = []
}

// SAFETY: an address in `spareViews` is that of a read transaction of this environment, which
// belongs to the caller that has taken it out, or else to the environment, which ends it first.
extension Environment {
  /// Begins this number of views, which are kept at the last commit that is on the disk. Each takes
  /// a reader's slot. They don't hold back any page that the next commit could use without them.
  func keepSpareViews(_ count: Int) throws(StoreError) {
    var addresses: [UInt] = []
    for _ in 0..<count {
      var begun: OpaquePointer?
      let code = unsafe mdb_txn_begin(handle, nil, UInt32(MDB_RDONLY), &begun)
      if code == MDB_SUCCESS { addresses.append(UInt(bitPattern: begun)) }
      spareViews.withLock { $0.addresses = addresses }
      try StoreError.check(code)
    }
  }

  /// Moves them to the commit that has just returned.
  func renewSpareViews() {
    spareViews.withLock { views in
      for address in views.addresses {
        let view = unsafe OpaquePointer(bitPattern: address)
        unsafe mdb_txn_reset(view)
        let code = unsafe mdb_txn_renew(view)
        precondition(code == MDB_SUCCESS, "a view of a healthy store can't be renewed: \(code)")
      }
    }
  }

  /// Takes a spare view, once LMDB gives no other; nil when there is none left.
  func takeSpareView() -> OpaquePointer? {
    let address = spareViews.withLock { $0.addresses.popLast() }
    return unsafe address.flatMap { unsafe OpaquePointer(bitPattern: $0) }
  }

  /// Gives one back.
  func giveBack(spareView: OpaquePointer) {
    let address = UInt(bitPattern: spareView)
    spareViews.withLock { $0.addresses.append(address) }
  }

  func endSpareViews() {
    spareViews.withLock { views in
      for address in views.addresses {
        unsafe mdb_txn_abort(OpaquePointer(bitPattern: address))
      }
      views.addresses = []
    }
  }
}
