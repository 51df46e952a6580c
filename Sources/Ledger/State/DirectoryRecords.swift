package import Identifiers
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

  static func encode(
    createdAtNanoseconds: Int64, administratorCount: UInt64, createdRevision: UInt64,
    displayName: Span<UInt8>, into buffer: inout ByteBuffer
  ) {
    buffer.append(littleEndian: UInt64(bitPattern: createdAtNanoseconds))
    buffer.append(littleEndian: administratorCount)
    buffer.append(littleEndian: createdRevision)
    buffer.append(displayName)
  }
}

/// The row of a user of an organization, read in place.
package struct UserRecord: ~Escapable {
  private let row: Span<UInt8>

  private static let isAdministrator: UInt8 = 1
  private static let rolesStart = 19

  @_lifetime(copy row)
  init(_ row: Span<UInt8>) { self.row = row }

  package var isAdministrator: Bool { row[0] & Self.isAdministrator != 0 }
  /// Nanoseconds since 1970.
  package var createdAtNanoseconds: Int64 { row.integer(at: 1) }
  /// The revision of the invitation.
  package var invitedRevision: UInt64 { row.integer(at: 9) }
  package var displayName: Span<UInt8> {
    @_lifetime(copy self) get {
      row.extracting((Self.rolesStart + rolesByteCount)..<row.count)
    }
  }

  /// The names of the roles, each behind a byte with its length.
  var encodedRoles: Span<UInt8> {
    @_lifetime(copy self) get {
      row.extracting(Self.rolesStart..<Self.rolesStart + rolesByteCount)
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

  private var rolesByteCount: Int { Int(row.integer(UInt16.self, at: 17)) }

  static func encode(
    isAdministrator: Bool, createdAtNanoseconds: Int64, invitedRevision: UInt64,
    encodedRoles: Span<UInt8>, displayName: Span<UInt8>, into buffer: inout ByteBuffer
  ) {
    buffer.append(isAdministrator ? Self.isAdministrator : 0)
    buffer.append(littleEndian: UInt64(bitPattern: createdAtNanoseconds))
    buffer.append(littleEndian: invitedRevision)
    precondition(encodedRoles.count <= Int(UInt16.max), "a user has too many roles for a row")
    buffer.append(UInt8(truncatingIfNeeded: encodedRoles.count))
    buffer.append(UInt8(truncatingIfNeeded: encodedRoles.count >> 8))
    buffer.append(encodedRoles)
    buffer.append(displayName)
  }
}

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

  static func encode(
    createdAtNanoseconds: Int64, displayName: Span<UInt8>, into buffer: inout ByteBuffer
  ) {
    buffer.append(littleEndian: UInt64(bitPattern: createdAtNanoseconds))
    buffer.append(displayName)
  }
}

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

  static func encode(
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

extension Span where Element == UInt8 {
  /// The little-endian integer at `offset`, which must lie inside the span.
  package func integer<Value: FixedWidthInteger>(
    _ type: Value.Type = Value.self, at offset: Int
  ) -> Value {
    precondition(offset >= 0 && offset + MemoryLayout<Value>.size <= count, "a row is too short")
    // SAFETY: the bounds were checked in the line above.
    return unsafe withUnsafeBytes { buffer in
      Value(littleEndian: unsafe buffer.loadUnaligned(fromByteOffset: offset, as: Value.self))
    }
  }
}
