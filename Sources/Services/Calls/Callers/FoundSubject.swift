internal import Identifiers

/// The subject of a question, once it was looked up.
enum FoundSubject: ~Escapable {
  /// The token is unknown or not active; which of the two, the answer doesn't say.
  case inactive
  case unknownUser(organizationID: OrganizationID, userID: UserID)
  /// A user or the bearer of a token, whose id is empty for a user without one.
  case known(Subject, tokenID: Span<UInt8>)
}
