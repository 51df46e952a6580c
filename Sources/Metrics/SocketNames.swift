internal import Synchronization

/// Counts what becomes of the names of the sockets that are served. By the main thread alone.
package final class SocketNames: Sendable {
  private let missing = Atomic<Int>(0)
  private let boundAnew = Count()

  package init() {}

  /// The sockets whose name is gone, so that nobody can connect.
  package var missingCount: Int { missing.load(ordering: .relaxed) }

  /// How often a socket was bound anew, because its name was gone.
  package var boundAnewCount: UInt64 { boundAnew.current }

  /// Counts sockets whose name is missing from here on, or is there again.
  package func count(missing change: Int) { missing.add(change, ordering: .relaxed) }

  /// Counts a socket that was bound anew.
  package func countBoundAnew() { boundAnew.add() }
}
