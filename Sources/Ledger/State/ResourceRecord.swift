package import Identifiers
internal import Messages

/// The row of a resource, read in place. The log says who changed it, at these revisions.
///
/// A resource that no user created has no creator, as the highest bit of the first number says.
package struct ResourceRecord: ~Escapable {
  private let row: Span<UInt8>

  private static let creatorBit: UInt64 = 1 << 63

  @_lifetime(copy row)
  init(_ row: Span<UInt8>) { self.row = row }

  package var createdRevision: UInt64 { row.integer(UInt64.self, at: 0) & ~Self.creatorBit }
  package var updatedRevision: UInt64 { row.integer(at: 8) }
  /// The id of the user who created it; nil if no user did.
  package var creatorUserID: UserID? {
    @_lifetime(copy self)
    get { hasCreator ? UserID(stored: row.extracting(17..<nameStart)) : nil }
  }
  package var displayName: Span<UInt8> {
    @_lifetime(copy self) get { row.extracting(nameStart..<row.count) }
  }

  private var hasCreator: Bool { row.integer(UInt64.self, at: 0) & Self.creatorBit != 0 }
  private var nameStart: Int { hasCreator ? 17 + Int(row[16]) : 16 }

  static func write(
    createdRevision: UInt64, updatedRevision: UInt64, creatorUserID: UserID?,
    displayName: Span<UInt8>, into buffer: inout ByteBuffer
  ) {
    buffer.append(littleEndian: createdRevision | (creatorUserID == nil ? 0 : creatorBit))
    buffer.append(littleEndian: updatedRevision)
    if let creatorUserID {
      buffer.append(UInt8(creatorUserID.bytes.count))
      buffer.append(creatorUserID.bytes)
    }
    buffer.append(displayName)
  }
}
