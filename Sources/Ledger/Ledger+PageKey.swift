extension Ledger {
  private static let pageKeyName: [UInt8] = Array("page_tokens".utf8)

  /// The ledger's key for page tokens, which is made with the ledger.
  static func pageKey(
    in environment: Environment, _ tables: Tables
  ) throws(StoreError) -> PageKey {
    let name = pageKeyName
    if let key = try storedPageKey(in: environment, tables) { return key }
    let key = PageKey()
    var transaction = try WriteTransaction(environment)
    try transaction.put(tables.keys, name.span, key.span)
    try transaction.commit()
    return key
  }

  private static func storedPageKey(
    in environment: Environment, _ tables: Tables
  ) throws(StoreError) -> PageKey? {
    let name = pageKeyName
    let transaction = try ReadTransaction(environment)
    guard let row = try transaction.get(tables.keys, name.span) else { return nil }
    guard let key = PageKey(stored: row) else {
      throw .corrupted("its key for page tokens has no legal size")
    }
    return key
  }
}
