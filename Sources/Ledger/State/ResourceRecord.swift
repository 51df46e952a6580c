internal import Messages

/// The row of a resource, read in place. Who created and updated it stands in the log, at these
/// revisions.
package struct ResourceRecord: ~Escapable {
  private let row: Span<UInt8>

  @_lifetime(copy row)
  init(_ row: Span<UInt8>) { self.row = row }

  package var createdRevision: UInt64 { row.integer(at: 0) }
  package var updatedRevision: UInt64 { row.integer(at: 8) }
  package var displayName: Span<UInt8> {
    @_lifetime(copy self) get { row.extracting(16..<row.count) }
  }

  static func write(
    createdRevision: UInt64, updatedRevision: UInt64, displayName: Span<UInt8>,
    into buffer: inout ByteBuffer
  ) {
    buffer.append(littleEndian: createdRevision)
    buffer.append(littleEndian: updatedRevision)
    buffer.append(displayName)
  }
}
