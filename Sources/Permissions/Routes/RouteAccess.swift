/// What a route asks of whoever wants through.
package enum RouteAccess: Sendable, Hashable {
  /// The right to an action of the policy, by its name.
  case action(String)
  /// An active token: a user's, or an org token with the scope `api`.
  case authenticated
  /// Nothing: for what is there to get a token with.
  case open
  /// Nobody gets through.
  case denied
}
