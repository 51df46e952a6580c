internal import Messages

/// The row of an organization, read in place.
package struct OrganizationRecord: ~Escapable {
  private let row: Span<UInt8>

  @_lifetime(copy row)
  init(_ row: Span<UInt8>) { self.row = row }

  /// Nanoseconds since 1970.
  package var createdAtNanoseconds: Int64 { row.integer(at: 0) }
  /// How many of its users are administrators.
  package var administratorCount: UInt64 { row.integer(at: 8) }
  /// The revision that created it: what the log and the tables hold from before is of another
  /// organization that had its id.
  package var createdRevision: UInt64 { row.integer(at: 16) }
  package var displayName: Span<UInt8> {
    @_lifetime(copy self) get { row.extracting(24..<row.count) }
  }

  static func write(
    createdAtNanoseconds: Int64, administratorCount: UInt64, createdRevision: UInt64,
    displayName: Span<UInt8>, into buffer: inout ByteBuffer
  ) {
    buffer.append(littleEndian: UInt64(bitPattern: createdAtNanoseconds))
    buffer.append(littleEndian: administratorCount)
    buffer.append(littleEndian: createdRevision)
    buffer.append(displayName)
  }
}
