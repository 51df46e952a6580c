internal import Messages

/// The row of a resource, read in place. Who else changed it stands in the log, at these revisions.
///
/// Rows of before creators were kept lack one, as the highest bit of the first number says; so do
/// those that no user created.
package struct ResourceRecord: ~Escapable {
  private let row: Span<UInt8>

  private static let hasCreator: UInt64 = 1 << 63

  @_lifetime(copy row)
  init(_ row: Span<UInt8>) { self.row = row }

  package var createdRevision: UInt64 { row.integer(UInt64.self, at: 0) & ~Self.hasCreator }
  package var updatedRevision: UInt64 { row.integer(at: 8) }
  /// The id of the user who created it; empty where none is known.
  package var creatorUserID: Span<UInt8> {
    @_lifetime(copy self) get { row.extracting((isLong ? 17 : 16)..<nameStart) }
  }
  package var displayName: Span<UInt8> {
    @_lifetime(copy self) get { row.extracting(nameStart..<row.count) }
  }

  private var isLong: Bool { row.integer(UInt64.self, at: 0) & Self.hasCreator != 0 }
  private var nameStart: Int { isLong ? 17 + Int(row[16]) : 16 }

  static func write(
    createdRevision: UInt64, updatedRevision: UInt64, creatorUserID: Span<UInt8>,
    displayName: Span<UInt8>, into buffer: inout ByteBuffer
  ) {
    let isLong = !creatorUserID.isEmpty
    buffer.append(littleEndian: createdRevision | (isLong ? hasCreator : 0))
    buffer.append(littleEndian: updatedRevision)
    if isLong {
      buffer.append(UInt8(creatorUserID.count))
      buffer.append(creatorUserID)
    }
    buffer.append(displayName)
  }
}
