internal import RPC
internal import Synchronization

/// What is on its way to a thread that does one thing after another, for the limits on it.
final class WaitingCommands: Sendable {
  private let count = Atomic<Int>(0)
  private let bytes = Atomic<Int>(0)
  private let most: (name: String, count: Int)
  private let mostBytes: (name: String, count: Int)

  init(most: (name: String, count: Int), mostBytes: (name: String, count: Int)) {
    self.most = most
    self.mostBytes = mostBytes
  }

  /// Counts a command with so many bytes in, or says which limit keeps it out.
  func enter(bytes size: Int) -> Status? {
    guard count.add(1, ordering: .relaxed).newValue <= most.count else {
      count.subtract(1, ordering: .relaxed)
      return .limit(most.name, most.count)
    }
    guard bytes.add(size, ordering: .relaxed).newValue <= mostBytes.count else {
      leave(bytes: size)
      return .limit(mostBytes.name, mostBytes.count)
    }
    return nil
  }

  /// Counts one in that is the daemon's own and has no limit.
  func enterFreely() { count.add(1, ordering: .relaxed) }

  /// Counts a command out.
  func leave(bytes size: Int) {
    count.subtract(1, ordering: .relaxed)
    bytes.subtract(size, ordering: .relaxed)
  }
}
