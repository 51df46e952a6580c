package import Fleet
internal import Messages

// A folder is marked with the fleet that its ledger belongs to: it then starts only as a member of
// that fleet. The epoch of such a ledger is the fleet's.

/// The row of the table `keys` that marks a ledger.
enum FleetMark {
  private static let name: [UInt8] = Array("fleet_id".utf8)

  /// The fleet of a ledger; nil for none.
  static func stored(in environment: Environment, _ keys: Table) throws(StoreError) -> InstanceID? {
    let transaction = try ReadTransaction(environment)
    let name = name
    guard let row = try transaction.get(keys, name.span) else { return nil }
    guard row.count == 16 else { throw .corrupted("its fleet's id has no legal size") }
    return InstanceID(high: row.integer(at: 0), low: row.integer(at: 8))
  }

  static func store(
    _ fleet: InstanceID, in transaction: inout WriteTransaction, _ keys: Table
  ) throws(StoreError) {
    let name = name
    var row = ByteBuffer()
    row.append(littleEndian: fleet.high)
    row.append(littleEndian: fleet.low)
    try transaction.put(keys, key: name.span, value: row.bytes)
  }

  static func remove(
    from transaction: inout WriteTransaction, _ keys: Table
  ) throws(StoreError) {
    let name = name
    try transaction.delete(keys, name.span)
  }
}

extension Ledger {
  /// Marks the ledger as that of a fleet which begins with it, in the same epoch. Only the writer's
  /// thread may, between two batches.
  package func markFleet(_ fleet: InstanceID) throws(StoreError) {
    var transaction = try WriteTransaction(environment)
    try FleetMark.store(fleet, in: &transaction, tables.keys)
    try transaction.commit()
  }

  /// Marks the ledger as a fleet's and takes the fleet's epoch. The ledger has to be opened anew
  /// then: this one keeps its old epoch. The caller knows that the log is the beginning of the
  /// fleet's, and that the ledger belongs to no other fleet.
  package consuming func joinFleet(_ fleet: InstanceID, epoch: UInt64) throws(StoreError) {
    precondition(fleetID == nil || fleetID == fleet, "the ledger belongs to another fleet")
    precondition(epoch != 0, "an epoch is never zero")
    let wasNoted = try isNoted
    var transaction = try WriteTransaction(environment)
    try FleetMark.store(fleet, in: &transaction, tables.keys)
    if identity.epoch != epoch {
      try identity.with(epoch: epoch).store(in: &transaction, tables.keys)
    }
    if wasNoted { try Self.noteEpoch(epoch, to: &transaction, tables.keys) }
    try transaction.commit()
  }
}
