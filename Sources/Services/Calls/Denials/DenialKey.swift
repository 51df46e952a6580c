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

  /// Whose rows are counted together.
  struct Group: Hashable, Sendable {
    let organizationID: [UInt8]
    let userID: [UInt8]
    let processUserID: UInt32
  }

  var caller: Group {
    Group(organizationID: organizationID, userID: userID, processUserID: processUserID)
  }

  var organization: Group {
    Group(organizationID: organizationID, userID: [], processUserID: processUserID)
  }

  /// The same for every token of the caller.
  var withoutToken: DenialKey {
    DenialKey(
      organizationID: organizationID, userID: userID, tokenID: nil, tokenIssuedRevision: 0,
      processUserID: processUserID, method: method, code: code)
  }

  /// The same for every user of the organization.
  var withoutUser: DenialKey {
    DenialKey(
      organizationID: organizationID, userID: [], tokenID: nil, tokenIssuedRevision: 0,
      processUserID: processUserID, method: method, code: code)
  }
}
