internal import Metrics
internal import Platform
internal import Services
internal import Synchronization

/// Counts the open connections, in all and of each user, for the limits on them. It is used only
/// when a connection begins or ends.
final class ConnectionCensus: Sendable {
  private let status: ServingStatus
  private let users = Guarded<[UInt32: Int]>([:])

  /// Where refusals are counted.
  var refusals: Refusals { status.metrics.refusals }

  init(_ status: ServingStatus) { self.status = status }

  /// Counts a connection in, or says which limit keeps it out.
  ///
  /// - Parameters:
  ///   - user: its owner.
  ///   - isExempt: whether one user may have as many as there are.
  ///   - mayUseReserve: whether it may have a reserved one; asked only when no other is left.
  ///   - limits: hold for all.
  /// - Returns: the name of the limit; nil where the connection is counted in.
  func enter(
    _ user: UInt32, isExempt: Bool, mayUseReserve: @autoclosure () -> Bool, limits: Limits
  ) -> String? {
    let refusal: String? = users.withLock { users in
      let total = users.values.reduce(0, +)
      if total >= limits.connections { return "max-connections" }
      if total >= limits.openConnections, !mayUseReserve() {
        return "max-connections"
      }
      if !isExempt, users[user, default: 0] >= limits.connectionsPerUser {
        return "max-connections-per-uid"
      }
      users[user, default: 0] += 1
      return nil
    }
    if refusal == nil { status.connections.add(1, ordering: .relaxed) }
    return refusal
  }

  /// Counts a connection out.
  func leave(_ user: UInt32) {
    status.connections.subtract(1, ordering: .relaxed)
    users.withLock { users in
      let rest = users[user, default: 1] - 1
      users[user] = rest > 0 ? rest : nil
    }
  }
}
