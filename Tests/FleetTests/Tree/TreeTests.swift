internal import Fleet
internal import Glibc
internal import Testing

/// Members below members. `POSTERN_FLEET_TREE=10000` has that many, and prints what it measured: a
/// release build takes a minute.
@Suite struct TreeTests {
  private static let second: Int64 = 1_000_000_000

  /// Every member is told of every change, and a wait for the fleet is one for the leaves.
  @Test func aMemberFollowsAMemberAsItDoesADatabase() {
    let count = Self.environment("POSTERN_FLEET_TREE") ?? 40
    let childCount = count >= 1_000 ? 99 : 5
    let tree = TreeSimulation(TreeSimulation.Shape(memberCount: count, childCount: childCount))
    tree.run(until: 30 * Self.second)
    #expect(tree.answeringCount == count)
    tree.resetCounts()
    // The last member is a leaf. Every other change waits for the fleet.
    for index in 0..<20 {
      tree.append(at: Int64(31 + index) * Self.second, waits: index % 2 == 1)
    }
    tree.run(until: 60 * Self.second)
    #expect(tree.violation == nil)
    #expect(tree.changes.count == 20)
    let everywhere = tree.changes.compactMap { change in
      change.everywhereTime.map { $0 - change.appendedTime }
    }
    let reached = tree.changes.compactMap { change in
      change.reachedTime.map { $0 - change.appendedTime }
    }
    #expect(everywhere.count == 20 && reached.count == 10)
    // Two polls, or three from a relay that appends before the others, and some ways.
    #expect(everywhere.allSatisfy { $0 < Self.second / 2 })
    #expect(reached.allSatisfy { $0 < Self.second })
    if count >= 1_000 {
      print(
        "\(count) members, \(tree.members.count) at the database:",
        "\(tree.readCount / 30) polls and \(tree.writeCount / 30) writes a second;",
        "the last has applied a change after \(Self.milliseconds(everywhere)) ms (median, most),",
        "wait = FLEET takes \(Self.milliseconds(reached)) ms")
    }
  }

  /// The children of a relay that stops can't answer for longer than the relay itself.
  @Test func aWaitEndsWhenARelaysLeaseIsOver() {
    var shape = TreeSimulation.Shape(memberCount: 40, childCount: 5)
    shape.leaseNanoseconds = 20 * Self.second
    let tree = TreeSimulation(shape)
    tree.run(until: 30 * Self.second)
    tree.queue.add(.stop(0), at: 31 * Self.second)
    tree.append(at: 32 * Self.second, waits: true)
    tree.run(until: 80 * Self.second)
    #expect(tree.violation == nil)
    let change = tree.changes.first
    let took = change?.reachedTime.map { $0 - (change?.appendedTime ?? 0) } ?? 0
    #expect(took > 10 * Self.second && took < 26 * Self.second)
    // The relay that stopped and the five below it.
    #expect(tree.answeringCount == 34)
  }

  private static func milliseconds(_ times: [Int64]) -> String {
    let sorted = times.sorted()
    guard let last = sorted.last else { return "-" }
    return "\(sorted[sorted.count / 2] / 1_000_000), \(last / 1_000_000)"
  }

  /// A number from the environment.
  private static func environment(_ name: String) -> Int? {
    // SAFETY: nothing in this process changes the environment, and the text is copied.
    unsafe getenv(name).flatMap { Int(unsafe String(cString: $0)) }
  }
}

extension TreeSimulation {
  /// Has the last member append something.
  fileprivate func append(at time: Int64, waits: Bool) {
    queue.add(.append(nodes.count - 1, waits: waits), at: time)
  }
}
