internal import Platform
internal import RPC

/// Counts the commands on their way to a thread, and refuses those past a limit.
///
/// One owner holds at most half of what the others leave free of a limit, so that there is always
/// room for one more owner.
final class CommandQuota: Sendable {
  private struct Holding {
    var count = 0
    var bytes = 0
  }

  private struct Holdings {
    var total = Holding()
    var byOwner: [CommandOwner: Holding] = [:]
  }

  private let holdings = Guarded(Holdings())
  private let maximumCount: (name: String, count: Int)
  private let maximumBytes: (name: String, count: Int)

  init(
    maximumCount: (name: String, count: Int), maximumBytes: (name: String, count: Int)
  ) {
    self.maximumCount = maximumCount
    self.maximumBytes = maximumBytes
  }

  /// Admits a command, or says which limit it exceeds. The daemon's own have none.
  func admit(_ command: Command) -> Status? {
    let owner = command.owner
    return holdings.withLock { holdings in
      let own = holdings.byOwner[owner] ?? Holding()
      let wanted = Holding(count: own.count + 1, bytes: own.bytes + command.heldBytes)
      if owner != .daemon {
        let others = holdings.total.count - own.count
        if let refusal = Self.refusal(of: wanted.count, others: others, maximumCount) {
          return refusal
        }
        let otherBytes = holdings.total.bytes - own.bytes
        if let refusal = Self.refusal(of: wanted.bytes, others: otherBytes, maximumBytes) {
          return refusal
        }
      }
      holdings.byOwner[owner] = wanted
      holdings.total.count += 1
      holdings.total.bytes += command.heldBytes
      return nil
    }
  }

  /// Which limit `wanted` exceeds beside what others hold, or a fair share of it; nil for neither.
  static func refusal(
    of wanted: Int, others: Int, _ limit: (name: String, count: Int)
  ) -> Status? {
    let free = limit.count - others
    if wanted > free { return .limit(limit.name, limit.count) }
    let share = (free + 1) / 2
    return wanted > share ? .share(of: limit.name, share) : nil
  }

  /// Forgets commands that are answered.
  func release(_ commands: some Sequence<Command>) {
    holdings.withLock { holdings in
      for command in commands {
        let owner = command.owner
        var own = holdings.byOwner[owner] ?? Holding()
        own.count -= 1
        own.bytes -= command.heldBytes
        holdings.byOwner[owner] = own.count > 0 ? own : nil
        holdings.total.count -= 1
        holdings.total.bytes -= command.heldBytes
      }
    }
  }
}
