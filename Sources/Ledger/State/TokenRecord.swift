package import Identifiers
internal import Messages
package import Tokens

/// The row of a token, read in place.
///
/// Behind its texts the row of a token that was rotated has the hash of its previous secret, when
/// that one stops to be good, and when the token was rotated. `row[71]` counts those bytes: 0 in a
/// row of a token that never was, and in every row of a version that knew no rotation.
package struct TokenRecord: ~Escapable {
  package let id: TokenID
  let row: Span<UInt8>
  /// Whether the secret that found it is the one from before the last rotation; false where it was
  /// found by its id.
  package private(set) var isByPreviousSecret = false

  static let isRevoked: UInt8 = 1
  static let isDisabled: UInt8 = 2
  static let flagsOffset = 1
  static let revokedAtOffset = 52
  static let textOffset = 74
  /// What a rotation adds to a row: a hash and two times.
  static let rotationByteCount = 48

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

  package var organizationID: OrganizationID {
    @_lifetime(copy self) get { OrganizationID(stored: text(0, Int(row[68]))) }
  }
  /// Nil for an org token.
  package var userID: UserID? {
    @_lifetime(copy self) get { UserID(storedOrEmpty: text(Int(row[68]), Int(row[69]))) }
  }
  /// Whether it is a token of this user, or of any owner for nil.
  package func isOf(_ user: UserID?) -> Bool {
    guard let user else { return true }
    guard let own = userID else { return false }
    return own == user
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

  /// When it was rotated last, in nanoseconds since 1970; zero for never.
  package var rotatedAtNanoseconds: Int64 { isRotated ? row.integer(at: row.count - 8) : 0 }
  /// When the secret from before the last rotation stops to be good, in nanoseconds since 1970;
  /// zero for no such secret. It may have passed.
  package var previousSecretExpiresAtNanoseconds: Int64 {
    isRotated ? row.integer(at: row.count - 16) : 0
  }
  /// The SHA-256 of the secret from before the last rotation; zeros for no such secret, empty for
  /// a token that was never rotated.
  var previousSecretHash: Span<UInt8> {
    @_lifetime(copy self)
    get {
      let start = row.count - Int(row[71])
      return row.extracting(start..<(isRotated ? start + 32 : start))
    }
  }
  /// The SHA-256 of the secret that found it; of the present one where it was found by its id.
  package var presentedHash: Span<UInt8> {
    @_lifetime(copy self) get { isByPreviousSecret ? previousSecretHash : secretHash }
  }
  private var isRotated: Bool { row[71] != 0 }

  /// When it stopped or will stop to be good for ever, in nanoseconds since 1970; nil for never.
  package var endNanoseconds: Int64? {
    if isRevoked { return revokedAtNanoseconds }
    return expiresAtNanoseconds == 0 ? nil : expiresAtNanoseconds
  }

  /// Notes for a kept answer when it stops to be good by itself. An answer about a secret from
  /// before a rotation is not kept, so that each use of it is seen.
  package func noteUse(in comparisons: TimeComparisons) {
    if expiresAtNanoseconds != 0 { comparisons.note(endNanoseconds: expiresAtNanoseconds) }
    if isByPreviousSecret { comparisons.refuseKeeping() }
  }

  /// The token, if `digest` is that of its secret, or that of its previous one and the grace period
  /// runs at `time`; which one, `isByPreviousSecret` says. It may not be active.
  ///
  /// Compares in constant time. That a token was rotated is no secret.
  @_lifetime(copy self)
  package func presented(by digest: SHA256.Digest, at time: LedgerTime) -> TokenRecord? {
    if digest.isEqual(to: secretHash) { return self }
    guard isRotated,
      time.judging(madeAtNanoseconds: rotatedAtNanoseconds) < previousSecretExpiresAtNanoseconds,
      digest.isEqual(to: previousSecretHash)
    else { return nil }
    var found = self
    found.isByPreviousSecret = true
    return found
  }

  /// Whether it may be used at a time, and if not, why.
  package func state(at time: LedgerTime) -> TokenState {
    TokenState(
      isRevoked: isRevoked, isDisabled: isDisabled,
      expiryNanoseconds: expiresAtNanoseconds == 0 ? nil : expiresAtNanoseconds,
      nowNanoseconds: time.judging(madeAtNanoseconds: issuedAtNanoseconds))
  }

  @_lifetime(copy self)
  private func text(_ start: Int, _ count: Int) -> Span<UInt8> {
    row.extracting((Self.textOffset + start)..<(Self.textOffset + start + count))
  }
}
