internal import Messages

/// The row of a team, read in place.
package struct TeamRecord: ~Escapable {
  private let row: Span<UInt8>

  @_lifetime(copy row)
  init(_ row: Span<UInt8>) { self.row = row }

  /// Nanoseconds since 1970.
  package var createdAtNanoseconds: Int64 { row.integer(at: 0) }
  package var displayName: Span<UInt8> {
    @_lifetime(copy self) get { row.extracting(8..<row.count) }
  }

  static func write(
    createdAtNanoseconds: Int64, displayName: Span<UInt8>, into buffer: inout ByteBuffer
  ) {
    buffer.append(littleEndian: UInt64(bitPattern: createdAtNanoseconds))
    buffer.append(displayName)
  }
}
