internal import Ledger
internal import Messages
internal import Permissions
internal import Platform

/// Compiled policies for all threads, by the hash of their text. A policy is a function of its text
/// alone, so any thread may put one here, whether or not it comes into force.
final class PolicyShelf: Sendable {
  private let shelf = Guarded<[(hash: [UInt8], policy: Policy)]>([])

  /// The old policy, the new one, and some that were only tried.
  private static let mostPolicies = 8

  func keep(_ policy: Policy, hash: Span<UInt8>) {
    let hash = Array(copying: hash)
    shelf.withLock { shelf in
      shelf.removeAll { $0.hash == hash }
      shelf.append((hash, policy))
      if shelf.count > Self.mostPolicies { shelf.removeFirst() }
    }
  }

  func policy(hash: Span<UInt8>) -> Policy? {
    let hash = Array(copying: hash)
    return shelf.withLock { shelf in shelf.first { $0.hash == hash }?.policy }
  }
}
