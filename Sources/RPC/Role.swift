/// What a peer process may do by itself, decided by its user and its groups when it connects.
package enum Role: UInt8, Sendable {
  /// May validate and check, and do what its bearer token's user may.
  case client
  /// May also issue user tokens for any user: a front end for signing in.
  case issuer
  /// May do everything: bootstraps the first organization.
  case `operator`
}
