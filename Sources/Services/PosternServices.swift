// Every method of the contract, one file each, in a folder for its service. A query reads a
// snapshot and answers; a command decides inside the write transaction and then appends to the log.
// Which of the two a method is stands in the contract (`idempotency_level`), and the generated
// dispatch hands each the state that goes with it.

package import Ledger
internal import Permissions

/// The implementation of all services. It holds no state of its own that a call could change: each
/// thread has a copy, which follows the policy of the states that it answers from.
package struct PosternServices: Sendable {
  /// The policy of the state that was followed last.
  var policy = Policy.builtIn
  /// The revision that brought it; zero for the built-in one.
  var policyRevision: UInt64 = 0
  let shelf = PolicyShelf()
  /// Where the command that is decided continues; nil for a first step.
  package var continuation: Continuation?
  /// How many commands are removing each object. Only the writer's copy knows it.
  var ending: [[UInt8]: Int] = [:]
  package let status: ServingStatus
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
