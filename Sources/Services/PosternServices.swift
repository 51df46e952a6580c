// Every method of the contract, one file each, in a folder for its service. A query reads a
// snapshot and answers; a command decides inside the write transaction and then appends to the log.
// Which of the two a method is stands in the contract (`idempotency_level`), and the generated
// dispatch hands each the state that goes with it.

package import Ledger
package import Metrics
internal import Permissions

/// The implementation of all services. It holds no state of its own that a call could change: each
/// thread has a copy, which follows the policy of the states that it answers from.
package struct PosternServices: Sendable {
  /// The policy of the state that was followed last.
  var policy = Policy.builtIn
  /// The revision that brought it; zero for the built-in one.
  var policyRevision: UInt64 = 0
  let compiledPolicies = CompiledPolicies()
  /// How many commands are removing each object. Only the writer's copy knows it.
  var ending: [[UInt8]: Int] = [:]
  package let status: ServingStatus
  /// Where the thread counts what it lets clients keep.
  package var kept = KeptMetrics()
  let limits: ServiceLimits
  /// The key that page tokens are checked with.
  let pageKey: PageKey
  /// Whether a proxy that asks about a request is told to take the token out of it.
  let removesToken: Bool
  /// The headers that override method and path and are the proxy's own.
  let trustedHeaders: Set<OverridingHeader>
  /// The exports that run, on all workers.
  let exports = OpenExports()

  package init(
    status: ServingStatus, limits: ServiceLimits, pageKey: PageKey, removesToken: Bool = false,
    trustedHeaders: Set<OverridingHeader> = []
  ) {
    self.status = status
    self.limits = limits
    self.pageKey = pageKey
    self.removesToken = removesToken
    self.trustedHeaders = trustedHeaders
  }
}

/// The limits that the services themselves hold to.
package struct ServiceLimits: Sendable {
  /// The most items on a page. Default: 1,000.
  package var pageSize = 1000
  /// The items on a page when the request does not say.
  package var defaultPageSize: Int { min(100, pageSize) }
  /// How long a step of a command may append entries. Default: 1 ms.
  package var stepNanoseconds: Int64 = 1_000_000
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
  /// How long a query may take that goes on in further turns, the turns of other users included.
  /// Its answer is as old as its begin, so this is for how long a right that is taken meanwhile may
  /// still show to a caller that asked before. Default: 10 s.
  package var queryNanoseconds: Int64 = 10_000_000_000
  /// The exports at once, each of which keeps an old revision alive; the last one is kept for
  /// operators. At least 2. Default: 4.
  package var exports = 4
  /// How long an export's peer may take nothing of it. Default: 60 s.
  package var exportStallNanoseconds: Int64 = 60_000_000_000

  /// How long a token is kept after it expired or was revoked; zero for ever. Default: 30 days.
  package var tokenRetentionNanoseconds: Int64 = 30 * 24 * 3600 * 1_000_000_000

  package init() {}
}
