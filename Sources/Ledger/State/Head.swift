package import Fleet
internal import Messages
internal import Platform

/// Where the log ends.
package struct Head: Sendable {
  /// The revision of the last entry; zero for an empty log.
  package var revision: UInt64 = 0
  /// The time of the last entry, in nanoseconds since 1970.
  package var timeNanoseconds: Int64 = 0
  /// The SHA-256 of the last entry as stored; zeros for an empty log.
  var hash = SHA256.Digest()
  /// The number of the tables that follow the log up to here.
  var tablesVersion = Tables.version
  /// The revision of the policy that is in force; zero for the built-in one, from the beginning.
  package var policyRevision: UInt64 = 0
  /// The format of entries that is in force.
  package var format = EntryFormat.first

  private static let byteCount = 65

  init() {}

  /// Reads a row; `corrupted` for one that is not what was written.
  init(row: Span<UInt8>) throws(StoreError) {
    guard row.count == Self.byteCount else { throw .corrupted("its head has no legal size") }
    revision = row.integer(at: 0)
    timeNanoseconds = row.integer(at: 8)
    guard let stored = SHA256.Digest(copying: row.extracting(16..<48)) else {
      preconditionFailure("32 bytes are a digest")
    }
    hash = stored
    tablesVersion = row[48]
    policyRevision = row.integer(at: 49)
    format = row.integer(at: 57)
    guard Self.isWhole(row) else {
      throw .corrupted("its head doesn't have its checksum")
    }
  }

  /// What tells this head from those of other histories: 64 bits of the hash.
  var mark: UInt64 { hash.span.integer(at: 0) }

  /// The hash, for a note.
  package var hashBytes: [UInt8] { Array(copying: hash.span) }

  /// The same, as the members of a fleet tell each other.
  package var position: LogPosition {
    LogPosition(revision: revision, hash: LogHash(hash))
  }

  /// Moves behind an entry, given as stored too.
  mutating func take(_ entry: PosternStorageV1.Entry, _ encoded: Span<UInt8>) {
    revision = entry.revision
    timeNanoseconds = entry.timeNanoseconds
    if entry.policyReloaded != nil { policyRevision = entry.revision }
    if let raised = entry.formatRaised { format = raised.format }
    hash = SHA256.hash(encoded)
  }

  func encode(into buffer: inout ByteBuffer) {
    buffer.append(littleEndian: revision)
    buffer.append(littleEndian: UInt64(bitPattern: timeNanoseconds))
    buffer.append(hash.span)
    buffer.append(tablesVersion)
    buffer.append(littleEndian: policyRevision)
    for shift in stride(from: UInt32(0), through: 24, by: 8) {
      buffer.append(UInt8(truncatingIfNeeded: format >> shift))
    }
    let checksum = CRC32C.checksum(buffer.bytes)
    for shift in stride(from: UInt32(0), through: 24, by: 8) {
      buffer.append(UInt8(truncatingIfNeeded: checksum >> shift))
    }
  }

  private static func isWhole(_ row: Span<UInt8>) -> Bool {
    let count = byteCount - 4
    return row.integer(UInt32.self, at: count) == CRC32C.checksum(row.extracting(0..<count))
  }
}

extension LogHash {
  init(_ digest: SHA256.Digest) {
    let bytes = digest.span
    func word(_ index: Int) -> UInt64 { bytes.integer(UInt64.self, at: 8 * index).byteSwapped }
    self.init(word(0), (word(1), word(2), word(3)))
  }
}
