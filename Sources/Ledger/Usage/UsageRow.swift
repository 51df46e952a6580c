internal import Messages

/// How a token was used on a day, in calls of a method by a local user: a row of the table, read in
/// place. Methods go by their names, since their numbers change from version to version.
package struct UsageRow: ~Escapable {
  /// What the key has behind the token's id.
  package let key: Span<UInt8>
  private let row: Span<UInt8>

  /// The size of day and local user, which come before the method.
  package static let placeByteCount = 8

  @_lifetime(copy key, copy row)
  init(key: Span<UInt8>, _ row: Span<UInt8>) {
    precondition(key.count > Self.placeByteCount, "a key of usage is too short")
    self.key = key
    self.row = row
  }

  package var day: UInt16 { UInt16(truncatingIfNeeded: place >> 32) }
  package var userID: UInt32 { UInt32(truncatingIfNeeded: place) }
  package var method: Span<UInt8> {
    @_lifetime(copy self) get { key.extracting(Self.placeByteCount..<key.count) }
  }
  package var callCount: UInt64 { row.integer(at: 0) }
  package var deniedCount: UInt64 { row.integer(at: 8) }
  package var previousSecretCount: UInt64 { row.integer(at: 16) }
  /// Nanoseconds since 1970.
  package var lastNanoseconds: Int64 { row.integer(at: 24) }

  private var place: UInt64 { key.integer(UInt64.self, at: 0).byteSwapped }

  /// Writes the row as it is with further uses.
  static func write(_ use: TokenUse, addedTo stored: Span<UInt8>?, into buffer: inout ByteBuffer) {
    let zero: UInt64 = 0
    let calls = stored?.integer(at: 0) ?? zero
    let denied = stored?.integer(at: 8) ?? zero
    let previous = stored?.integer(at: 16) ?? zero
    let last: Int64 = stored?.integer(at: 24) ?? 0
    buffer.append(littleEndian: calls &+ use.callCount)
    buffer.append(littleEndian: denied &+ use.deniedCount)
    buffer.append(littleEndian: previous &+ use.previousSecretCount)
    buffer.append(littleEndian: UInt64(bitPattern: max(last, use.lastNanoseconds)))
  }
}
