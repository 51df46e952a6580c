internal import Glibc
internal import Platform

/// The servers that run, so that whoever ends the program can end them, each by its id.
final class Children: Sendable {
  static let shared = Children()

  private let running = Guarded<[ChildProcess]>([])

  func add(_ child: ChildProcess) {
    running.withLock { $0.append(child) }
  }

  /// False if somebody else is ending the child already.
  func remove(_ child: ChildProcess) -> Bool {
    running.withLock { children in
      guard let index = children.firstIndex(where: { $0.processID == child.processID })
      else { return false }
      children.remove(at: index)
      return true
    }
  }

  func stopAll() {
    for child in running.withLock({ $0 }).reversed() { child.stop() }
  }
}
