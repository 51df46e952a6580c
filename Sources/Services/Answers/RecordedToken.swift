internal import Identifiers
internal import Ledger
internal import Messages
internal import Tokens

/// A copy of what the log notes of a token beside a change of it: an append moves rows.
struct RecordedToken {
  let organizationID: [UInt8]
  let userID: [UInt8]
  let name: [UInt8]
  let description: [UInt8]
  let scopes: TokenScopes
  let state: TokenState
  /// Nanoseconds since 1970; zero for never.
  let expiresAtNanoseconds: Int64
  /// Nanoseconds since 1970; zero without one.
  let previousSecretExpiresAtNanoseconds: Int64

  init(_ token: TokenRecord, at time: LedgerTime) {
    organizationID = Array(copying: token.organizationID.bytes)
    userID = Array(copying: UserID.bytes(of: token.userID))
    name = Array(copying: token.name)
    description = Array(copying: token.description)
    scopes = token.scopes
    state = token.state(at: time)
    expiresAtNanoseconds = token.expiresAtNanoseconds
    previousSecretExpiresAtNanoseconds = token.previousSecretExpiresAtNanoseconds
  }

  /// Writes what it was, of the fields that change.
  func write(_ changes: TokenChanges, into entry: PosternStorageV1.TokenUpdated.Builder) {
    entry.setOldName(name.span)
    if changes.contains(.scopes) { entry.setOldScopes(UInt32(scopes.rawValue)) }
    if changes.contains(.description) { entry.setOldDescription(description.span) }
    if changes.contains(.expiry) { entry.setOldExpiresAtNanoseconds(expiresAtNanoseconds) }
    if changes.contains(.previousSecretExpiry) {
      entry.setOldPreviousSecretExpiresAtNanoseconds(previousSecretExpiresAtNanoseconds)
    }
  }
}
