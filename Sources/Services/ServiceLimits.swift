/// The limits that the services themselves hold to.
package struct ServiceLimits: Sendable {
  /// The most items on a page. Default: 1,000.
  package var pageSize = 1000
  /// The items on a page when the request does not say.
  package var defaultPageSize: Int { min(100, pageSize) }
  /// The active tokens of one user; zero for any number. Default: 10,000.
  package var tokensPerUser = 10_000
  /// The org tokens of one organization that are neither revoked nor expired; zero for any number.
  /// Default: 10,000.
  package var orgTokens = 10_000
  /// How many tokens beyond these there may be that have ended and are still kept; of a user's
  /// those of the last 30 days. Default: 10,000.
  package var endedTokens = 10_000
  /// The members of one team. Default: 10,000.
  package var teamMembers = 10_000
  /// The teams that one user is a member of. Default: 1,000.
  package var teamsPerUser = 1000
  /// The writers of one resource, users and teams together. Default: 1,000.
  package var resourceWriters = 1000
  /// The exports at once, each of which keeps an old revision alive; the last one is kept for
  /// operators. At least 2. Default: 4.
  package var exports = 4
  /// How long an export's peer may take nothing of it. Default: 60 s.
  package var exportStallNanoseconds: Int64 = 60_000_000_000

  /// How long a token is kept after it expired or was revoked; zero for ever. Default: 30 days.
  package var tokenRetentionNanoseconds: Int64 = 30 * 24 * 3600 * 1_000_000_000

  package init() {}
}
