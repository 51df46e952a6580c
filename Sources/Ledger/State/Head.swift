internal import Messages

/// Where the log ends.
package struct Head: Sendable {
  /// The revision of the last entry; zero for an empty log.
  package var revision: UInt64 = 0
  /// The time of the last entry, in nanoseconds since 1970.
  package var timeNanoseconds: Int64 = 0
  /// The SHA-256 of the last entry as stored; zeros for an empty log.
  var hash = SHA256.Digest()
  /// Which tables follow the log up to here; zero for those of the first version, which wrote no
  /// number and takes it away again if it is started on a newer ledger.
  var tablesVersion = Tables.version
  /// The revision of the policy that is in force; zero for the built-in one, from the beginning.
  package var policyRevision: UInt64 = 0

  /// The size of the shortest row.
  static let leastByteCount = 48

  init() {}

  init(row: Span<UInt8>) {
    revision = row.integer(at: 0)
    timeNanoseconds = row.integer(at: 8)
    guard let stored = SHA256.Digest(copying: row.extracting(16..<48)) else {
      preconditionFailure("32 bytes are a digest")
    }
    hash = stored
    tablesVersion = row.count > 48 ? row[48] : 0
    // A row of before policies were kept ends here.
    if row.count >= 57 { policyRevision = row.integer(at: 49) }
  }

  func write(into buffer: inout ByteBuffer) {
    buffer.append(littleEndian: revision)
    buffer.append(littleEndian: UInt64(bitPattern: timeNanoseconds))
    buffer.append(hash.span)
    buffer.append(tablesVersion)
    buffer.append(littleEndian: policyRevision)
  }
}
