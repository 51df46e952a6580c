// Every method of the contract, one file each, in a folder for its service. A query reads a
// snapshot and answers; a command decides inside the write transaction and then appends to the log.
// Which of the two a method is stands in the contract (`idempotency_level`), and the generated
// dispatch hands each the state that goes with it.

package import Permissions

/// The implementation of all services. It holds no state of its own that a call could change.
package struct PosternServices: Sendable {
  let policy: Policy
  package let status: ServingStatus
  let limits: ServiceLimits
  /// Whether a proxy that asks about a request is told to take the token out of it.
  let removesToken: Bool
  /// The exports that run, on whichever worker.
  let exports = OpenExports()

  package init(
    policy: Policy, status: ServingStatus, limits: ServiceLimits, removesToken: Bool = false
  ) {
    self.policy = policy
    self.status = status
    self.limits = limits
    self.removesToken = removesToken
  }
}
