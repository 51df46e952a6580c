internal import RPC
internal import Tokens

/// What denied attempts to change something have in common to be counted together.
package struct DenialKey: Hashable, Sendable {
  /// Of the caller's token; empty for none, or one that is not known.
  let organizationID: [UInt8]
  /// Of the caller's token; empty for none of a user.
  let userID: [UInt8]
  let tokenID: TokenID?
  /// The revision that issued the token; zero for none.
  let tokenIssuedRevision: UInt64
  let processUserID: UInt32
  let method: Method
  let code: StatusCode
}
