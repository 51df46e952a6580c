// A ledger knows itself whether its host has kept a note of it: a row holds the epoch that a note
// was made of. So a note that is gone is missed, and a copy that was put in place without one is no
// beginner. A restored ledger has another epoch, of which there has been no note yet.

internal import Glibc
internal import Messages
internal import Platform

extension Ledger {
  private static let notedKey: [UInt8] = Array("noted_epoch".utf8)

  /// Whether some host has noted how far this epoch of the ledger was acknowledged.
  package var isNoted: Bool {
    get throws(StoreError) {
      let transaction = try ReadTransaction(environment)
      let key = Self.notedKey
      guard let row = try transaction.get(tables.keys, key.span), row.count == 8 else {
        return false
      }
      return row.integer(UInt64.self, at: 0) == identity.epoch
    }
  }

  /// Remembers that there is a note, which must be on the disk. Writes once in an epoch.
  package func rememberNote() throws(StoreError) {
    guard try !isNoted else { return }
    var transaction = try WriteTransaction(environment)
    try Self.noteEpoch(identity.epoch, to: &transaction, tables.keys)
    try transaction.commit()
  }

  private static let givenUpKey: [UInt8] = Array("given_up_note".utf8)

  /// Whether this epoch began because the ledger lacks what a note says.
  func hasGivenUp(
    _ record: HostRecord, _ transaction: borrowing ReadTransaction
  ) throws(StoreError) -> Bool {
    let key = Self.givenUpKey
    guard let row = try transaction.get(tables.keys, key.span) else { return false }
    return row.isEqual(to: Self.bytes(of: record).bytes)
  }

  /// Writes the note that is not fulfilled any more.
  static func giveUp(
    _ record: HostRecord, in transaction: inout WriteTransaction, _ keys: Table
  ) throws(StoreError) {
    let key = givenUpKey
    try transaction.put(keys, key: key.span, value: bytes(of: record).bytes)
  }

  private static func bytes(of record: HostRecord) -> ByteBuffer {
    var row = ByteBuffer()
    row.append(littleEndian: record.epoch)
    row.append(littleEndian: record.revision)
    row.append(record.hash.span)
    return row
  }

  /// Writes that some host has a note of an epoch.
  static func noteEpoch(
    _ epoch: UInt64, to transaction: inout WriteTransaction, _ keys: Table
  ) throws(StoreError) {
    let key = notedKey
    var row = ByteBuffer()
    row.append(littleEndian: epoch)
    try transaction.put(keys, key: key.span, value: row.bytes)
  }

  /// A file in the folder, where no ledger is, that shows that there was one: a copy of one, or the
  /// file by which readers of one find each other, which is made after its first commit. Nil for
  /// none: what a start leaves that was cut off shows nothing.
  package static func trace(in folder: String) -> String? {
    let half = LedgerFile.name + LedgerFile.unfinishedSuffix
    let path = FilePath(Array(folder.utf8))
    guard let names = try? FolderListing.names(in: path, followingLinks: true) else { return nil }
    for bytes in names {
      let name = String(decoding: bytes, as: UTF8.self)
      if name == half { continue }
      if name == "lock.mdb" || LedgerFile.looksLikeOne("\(folder)/\(name)") { return name }
    }
    return nil
  }
}
