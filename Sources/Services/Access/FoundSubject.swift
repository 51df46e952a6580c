internal import Identifiers

/// Whom a question is about, once it was looked up.
enum FoundSubject: ~Escapable {
  /// No active token: which kind of none, isn't said.
  case inactive
  case unknownUser(organizationID: OrganizationID, userID: UserID)
  /// A user or the bearer of a token, whose id is empty for a user without one.
  case known(Subject, tokenID: Span<UInt8>)
}
