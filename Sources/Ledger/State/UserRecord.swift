internal import Messages

/// The row of a user of an organization, read in place.
///
/// Rows of before users had roles lack what is in the middle, as a bit of the first byte says.
package struct UserRecord: ~Escapable {
  private let row: Span<UInt8>

  private static let isAdministrator: UInt8 = 1
  private static let hasRoles: UInt8 = 2
  private static let rolesStart = 19

  @_lifetime(copy row)
  init(_ row: Span<UInt8>) { self.row = row }

  package var isAdministrator: Bool { row[0] & Self.isAdministrator != 0 }
  /// Nanoseconds since 1970.
  package var createdAtNanoseconds: Int64 { row.integer(at: 1) }
  /// The revision of the invitation; zero for one of before it was kept.
  package var invitedRevision: UInt64 { isLong ? row.integer(at: 9) : 0 }
  package var displayName: Span<UInt8> {
    @_lifetime(copy self) get {
      row.extracting((isLong ? Self.rolesStart + rolesByteCount : 9)..<row.count)
    }
  }

  /// The names of the roles, each behind a byte with its length.
  var encodedRoles: Span<UInt8> {
    @_lifetime(copy self) get {
      isLong ? row.extracting(Self.rolesStart..<Self.rolesStart + rolesByteCount) : Span()
    }
  }

  /// The bytes of the name and of the roles.
  package var textByteCount: Int { displayName.count + encodedRoles.count }

  /// Whether the user has the role of this name.
  package func hasRole(_ name: Span<UInt8>) -> Bool {
    var found = false
    forEachRole { if $0.isEqual(to: name) { found = true } }
    return found
  }

  /// The names of the roles, in ascending byte order.
  package func forEachRole(_ body: (Span<UInt8>) -> Void) {
    let roles = encodedRoles
    var start = 0
    while start < roles.count {
      let end = start + 1 + Int(roles[start])
      body(roles.extracting((start + 1)..<end))
      start = end
    }
  }

  private var isLong: Bool { row[0] & Self.hasRoles != 0 }
  private var rolesByteCount: Int { Int(row.integer(UInt16.self, at: 17)) }

  static func write(
    isAdministrator: Bool, createdAtNanoseconds: Int64, invitedRevision: UInt64,
    encodedRoles: Span<UInt8>, displayName: Span<UInt8>, into buffer: inout ByteBuffer
  ) {
    buffer.append(hasRoles | (isAdministrator ? Self.isAdministrator : 0))
    buffer.append(littleEndian: UInt64(bitPattern: createdAtNanoseconds))
    buffer.append(littleEndian: invitedRevision)
    precondition(encodedRoles.count <= Int(UInt16.max), "a user has too many roles for a row")
    buffer.append(UInt8(truncatingIfNeeded: encodedRoles.count))
    buffer.append(UInt8(truncatingIfNeeded: encodedRoles.count >> 8))
    buffer.append(encodedRoles)
    buffer.append(displayName)
  }
}
