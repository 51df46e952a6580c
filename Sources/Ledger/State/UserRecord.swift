internal import Messages

/// The row of a user of an organization, read in place.
package struct UserRecord: ~Escapable {
  private let row: Span<UInt8>

  @_lifetime(copy row)
  init(_ row: Span<UInt8>) { self.row = row }

  package var isAdministrator: Bool { row[0] != 0 }
  /// Nanoseconds since 1970.
  package var createdAtNanoseconds: Int64 { row.integer(at: 1) }
  package var displayName: Span<UInt8> {
    @_lifetime(copy self) get { row.extracting(9..<row.count) }
  }

  static func write(
    isAdministrator: Bool, createdAtNanoseconds: Int64, displayName: Span<UInt8>,
    into buffer: inout ByteBuffer
  ) {
    buffer.append(isAdministrator ? 1 : 0)
    buffer.append(littleEndian: UInt64(bitPattern: createdAtNanoseconds))
    buffer.append(displayName)
  }
}
