internal import Messages
package import Tokens

/// The row of a token, read in place.
package struct TokenRecord: ~Escapable {
  package let id: TokenID
  private let row: Span<UInt8>

  static let isRevoked: UInt8 = 1
  static let isDisabled: UInt8 = 2
  static let flagsOffset = 1
  static let revokedAtOffset = 52
  private static let textOffset = 74

  @_lifetime(copy row)
  init(_ id: TokenID, _ row: Span<UInt8>) {
    self.id = id
    precondition(row.count >= Self.textOffset, "a token's row is too short")
    self.row = row
  }

  /// Whether it acts as a user or belongs to an organization; `nil` for a kind of a later version.
  package var kind: TokenKind? { TokenKind(rawValue: row[0]) }
  /// Whether it has been revoked.
  package var isRevoked: Bool { row[Self.flagsOffset] & Self.isRevoked != 0 }
  /// Whether it is switched off for the time being.
  package var isDisabled: Bool { row[Self.flagsOffset] & Self.isDisabled != 0 }
  /// What an org token may be used for.
  package var scopes: TokenScopes { TokenScopes(rawValue: row[2]) }
  /// The SHA-256 of the secret part.
  package var secretHash: Span<UInt8> { @_lifetime(copy self) get { row.extracting(4..<36) } }
  /// Nanoseconds since 1970.
  package var issuedAtNanoseconds: Int64 { row.integer(at: 36) }
  /// Nanoseconds since 1970; zero for never.
  package var expiresAtNanoseconds: Int64 { row.integer(at: 44) }
  /// Nanoseconds since 1970; zero when it is not revoked.
  package var revokedAtNanoseconds: Int64 { row.integer(at: Self.revokedAtOffset) }
  /// The revision of the entry that issued it.
  package var issuedRevision: UInt64 { row.integer(at: 60) }

  package var organizationID: Span<UInt8> { @_lifetime(copy self) get { text(0, Int(row[68])) } }
  /// Empty for an org token.
  package var userID: Span<UInt8> {
    @_lifetime(copy self) get { text(Int(row[68]), Int(row[69])) }
  }
  /// Empty for a user token.
  package var name: Span<UInt8> {
    @_lifetime(copy self) get { text(Int(row[68]) + Int(row[69]), Int(row[70])) }
  }
  package var description: Span<UInt8> {
    @_lifetime(copy self) get {
      text(Int(row[68]) + Int(row[69]) + Int(row[70]), Int(row.integer(UInt16.self, at: 72)))
    }
  }

  /// Whether it may be used at `nowNanoseconds`, and if not, why.
  package func state(nowNanoseconds: Int64) -> TokenState {
    TokenState(
      isRevoked: isRevoked, isDisabled: isDisabled,
      expiryNanoseconds: expiresAtNanoseconds == 0 ? nil : expiresAtNanoseconds,
      nowNanoseconds: nowNanoseconds)
  }

  @_lifetime(copy self)
  private func text(_ start: Int, _ count: Int) -> Span<UInt8> {
    row.extracting((Self.textOffset + start)..<(Self.textOffset + start + count))
  }

  /// Writes the row of a token that has just been issued.
  static func write(
    _ issued: PosternStorageV1.TokenIssued, revision: UInt64, timeNanoseconds: Int64,
    into buffer: inout ByteBuffer
  ) {
    buffer.append(UInt8(truncatingIfNeeded: issued.kind))
    buffer.append(0)
    buffer.append(UInt8(truncatingIfNeeded: issued.scopes))
    buffer.append(0)
    precondition(issued.secretHash.count == 32, "a secret's hash has 32 bytes")
    buffer.append(issued.secretHash)
    buffer.append(littleEndian: UInt64(bitPattern: timeNanoseconds))
    buffer.append(littleEndian: UInt64(bitPattern: issued.expiresAtNanoseconds))
    buffer.append(littleEndian: 0)
    buffer.append(littleEndian: revision)
    buffer.append(UInt8(issued.organizationID.count))
    buffer.append(UInt8(issued.userID.count))
    buffer.append(UInt8(issued.name.count))
    buffer.append(0)
    buffer.append(UInt8(truncatingIfNeeded: issued.description.count))
    buffer.append(UInt8(truncatingIfNeeded: issued.description.count >> 8))
    buffer.append(issued.organizationID)
    buffer.append(issued.userID)
    buffer.append(issued.name)
    buffer.append(issued.description)
  }
}
