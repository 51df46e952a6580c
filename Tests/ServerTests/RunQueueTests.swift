internal import Server
internal import TestSupport
internal import Testing

/// In what order waiting connections get their turns.
@Suite struct RunQueueTests {
  @Test func takesUsersInTurnAndThenTheirConnections() {
    var queue = RunQueue<String>()
    let members = [("a1", 1), ("a2", 1), ("a3", 1), ("b1", 2), ("b2", 2), ("c1", 3)]
    for (name, user) in members {
      let place = queue.join(user: UInt32(user))
      queue.fill(place, with: name)
      queue.add(place)
      queue.add(place)
    }
    #expect(Self.rest(of: &queue) == ["a1", "b1", "c1", "a2", "b2", "a3"])
    #expect(queue.isEmpty)
  }

  /// A thousand connections that always have more to do don't come before another user's one.
  @Test func oneConnectionOfAnotherUserWaitsForOneTurnOfAThousand() {
    var queue = RunQueue<Int>()
    let crowd = (0..<1000).map { _ in queue.join(user: 1) }
    for (index, place) in crowd.enumerated() {
      queue.fill(place, with: index)
      queue.add(place)
    }
    let single = queue.join(user: 2)
    queue.fill(single, with: -1)
    var order: [Int] = []
    for _ in 0..<100 {
      queue.add(single)
      for _ in 0..<2 {
        guard let member = queue.next() else { continue }
        order.append(member)
        if member >= 0 { queue.add(crowd[member]) }
      }
    }
    #expect(order.filter { $0 < 0 }.count == 100)
    #expect(order.filter { $0 >= 0 } == Array(0..<100))
  }

  @Test func aClosedConnectionGetsNoTurnAndLeavesNothing() {
    var queue = RunQueue<String>()
    var places: [RunQueue<String>.Place] = []
    for name in ["a", "b", "c"] {
      let place = queue.join(user: 1)
      queue.fill(place, with: name)
      queue.add(place)
      places.append(place)
    }
    queue.leave(places[1])
    #expect(queue.isWaiting(places[2]))
    #expect(Self.rest(of: &queue) == ["a", "c"])
    queue.add(places[0])
    queue.leave(places[0])
    queue.leave(places[2])
    #expect(queue.isEmpty)
    #expect(queue.next() == nil)
    // The places and the user's line are used again, by another user too.
    let place = queue.join(user: 2)
    queue.fill(place, with: "d")
    #expect(!queue.isWaiting(place))
    queue.add(place)
    #expect(Self.rest(of: &queue) == ["d"])
  }

  /// The queue behaves as a model made of lists.
  @Test func isWhatItsModelIs() {
    var generator = SplitMix64(seed: 8)
    var queue = RunQueue<Int>()
    var places: [Int: (place: RunQueue<Int>.Place, user: UInt32)] = [:]
    var ring: [(user: UInt32, members: [Int])] = []
    for step in 0..<20_000 {
      let known = places.keys.sorted()
      switch Int.random(in: 0..<6, using: &generator) {
      case 0 where known.count < 40:
        let user = UInt32.random(in: 1...5, using: &generator)
        let place = queue.join(user: user)
        queue.fill(place, with: step)
        places[step] = (place, user)
      case 1 where !known.isEmpty:
        let member = known[Int.random(in: known.indices, using: &generator)]
        guard let (place, _) = places.removeValue(forKey: member) else { continue }
        queue.leave(place)
        for index in ring.indices { ring[index].members.removeAll { $0 == member } }
      case 2, 3:
        guard !known.isEmpty else { continue }
        let member = known[Int.random(in: known.indices, using: &generator)]
        guard let (place, user) = places[member] else { continue }
        queue.add(place)
        guard let line = ring.firstIndex(where: { $0.user == user }) else {
          ring.append((user, [member]))
          continue
        }
        if !ring[line].members.contains(member) { ring[line].members.append(member) }
      default:
        while let first = ring.first, first.members.isEmpty { ring.removeFirst() }
        var expected: Int?
        if !ring.isEmpty {
          var line = ring.removeFirst()
          expected = line.members.removeFirst()
          if !line.members.isEmpty { ring.append(line) }
        }
        #expect(queue.next() == expected)
      }
      #expect(queue.isEmpty == ring.allSatisfy { $0.members.isEmpty })
    }
  }

  private static func rest<Member>(of queue: inout RunQueue<Member>) -> [Member] {
    var members: [Member] = []
    while let member = queue.next() { members.append(member) }
    return members
  }
}
