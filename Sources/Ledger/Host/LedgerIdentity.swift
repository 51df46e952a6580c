internal import Messages
internal import Platform

/// What a ledger keeps beside its log: which ledger it is, which of its histories, and the key of
/// its page tokens. A restored copy is the same ledger in another epoch.
package struct LedgerIdentity: Sendable {
  package let id: LedgerID
  /// Random and never zero. Revisions of two epochs have nothing to do with each other.
  package let epoch: UInt64
  /// New with each epoch, so that a page token of another one is refused.
  package let pageKey: PageKey

  private static let idName: [UInt8] = Array("ledger_id".utf8)
  private static let epochName: [UInt8] = Array("epoch".utf8)
  private static let pageKeyName: [UInt8] = Array("page_tokens".utf8)

  /// A new epoch, of the ledger of this id; by default of a new ledger.
  init(epochOf id: LedgerID? = nil) {
    self.id = id ?? LedgerID(high: Self.random(), low: Self.random())
    epoch = Self.random()
    pageKey = PageKey()
  }

  private init(_ id: LedgerID, epoch: UInt64, pageKey: PageKey) {
    self.id = id
    self.epoch = epoch
    self.pageKey = pageKey
  }

  /// The same ledger in an epoch that is given from elsewhere. Page tokens of before are refused.
  func with(epoch: UInt64) -> LedgerIdentity {
    LedgerIdentity(id, epoch: epoch, pageKey: PageKey())
  }

  /// What is stored in the table `keys`; nil in one that has no epoch yet.
  init?<Source: Transaction & ~Copyable>(
    in transaction: borrowing Source, _ keys: Table
  ) throws(StoreError) {
    let (idName, epochName, pageKeyName) = (Self.idName, Self.epochName, Self.pageKeyName)
    guard let id = try transaction.get(keys, idName.span),
      let epoch = try transaction.get(keys, epochName.span),
      let key = try transaction.get(keys, pageKeyName.span)
    else { return nil }
    guard id.count == 16, epoch.count == 8, let pageKey = PageKey(stored: key),
      epoch.integer(UInt64.self, at: 0) != 0
    else { throw .corrupted("its id, its epoch or its key for page tokens has no legal size") }
    self.init(
      LedgerID(high: id.integer(at: 0), low: id.integer(at: 8)), epoch: epoch.integer(at: 0),
      pageKey: pageKey)
  }

  /// Stores it in the table `keys`.
  func store(in transaction: inout WriteTransaction, _ keys: Table) throws(StoreError) {
    let (idName, epochName, pageKeyName) = (Self.idName, Self.epochName, Self.pageKeyName)
    var row = ByteBuffer()
    row.append(littleEndian: id.high)
    row.append(littleEndian: id.low)
    try transaction.put(keys, key: idName.span, value: row.bytes)
    row.removeAll()
    row.append(littleEndian: epoch)
    try transaction.put(keys, key: epochName.span, value: row.bytes)
    try transaction.put(keys, key: pageKeyName.span, value: pageKey.span)
  }

  /// What is stored, or a new one where nothing is: that of a new ledger, or of one that an earlier
  /// version made.
  static func stored(
    in environment: Environment, _ keys: Table
  ) throws(StoreError) -> LedgerIdentity {
    do {
      let transaction = try ReadTransaction(environment)
      if let found = try LedgerIdentity(in: transaction, keys) { return found }
    }
    let identity = LedgerIdentity()
    var transaction = try WriteTransaction(environment)
    try identity.store(in: &transaction, keys)
    try transaction.commit()
    return identity
  }

  /// 64 random bits, not all zero.
  private static func random() -> UInt64 {
    while true {
      let number = SystemRandom.number()
      if number != 0 { return number }
    }
  }
}
