internal import Server
internal import Testing

/// Whose turn it is, by a clock that the test sets.
@Suite struct CommandQueueTests {
  /// A queue, and the writer that empties it: what an element takes is its number of milliseconds.
  private struct Bench {
    var queue = CommandQueue<String, (name: String, milliseconds: Double)>()
    var now: Int64 = 0
    /// The names of what has run.
    var log: [String] = []
    var busy: [String: Int64] = [:]

    mutating func ask(_ owner: String, _ count: Int = 1, milliseconds: Double) {
      for index in 0..<count {
        queue.append(
          ("\(owner)\(index)", milliseconds), of: owner, nowNanoseconds: now)
      }
    }

    /// Runs one element; its owner.
    @discardableResult
    mutating func run() -> String? {
      guard let (owner, element) = queue.next(nowNanoseconds: now) else { return nil }
      let time = Int64(element.milliseconds * 1_000_000)
      now += time
      queue.charge(owner, nanoseconds: time, nowNanoseconds: now)
      log.append(element.name)
      busy[owner, default: 0] += time
      return owner
    }
  }

  /// An owner that comes is fresh until its first turn is over; then all are the same again.
  @Test func tellsWhoHasNotHadATurn() {
    var bench = Bench()
    func isFresh(_ owner: String) -> Bool? {
      bench.queue.first().flatMap { $0.owner == owner ? $0.isFresh : nil }
    }
    #expect(isFresh("heavy") == nil)
    bench.ask("heavy", 5, milliseconds: 2)
    #expect(isFresh("heavy") == true)
    bench.run()
    #expect(isFresh("heavy") == false, "its turn is used up")
    bench.ask("light", 2, milliseconds: 0.1)
    #expect(isFresh("light") == true)
    #expect(bench.run() == "light")
    #expect(isFresh("light") == true, "it has another command, and time")
    #expect(bench.run() == "light")
    #expect(isFresh("heavy") == false)
    #expect(bench.run() == "heavy")
    bench.ask("heavy", milliseconds: 2)
    #expect(isFresh("heavy") == false)
  }

  /// The time of a commit is charged to owners by the commands that they had in it.
  @Test func sharesWhatServedMany() {
    var queue = CommandQueue<String, Int>()
    for index in 0..<40 { queue.append(index, of: "many", nowNanoseconds: 0) }
    queue.append(0, of: "one", nowNanoseconds: 0)
    var taken: [(owner: String, element: Int)] = []
    while taken.count < 10, let next = queue.next(nowNanoseconds: 0) { taken.append(next) }
    taken.append(("one", 0))
    queue.charge(all: taken, nanoseconds: 11_000_000, nowNanoseconds: 11_000_000)
    for index in 0..<5 { queue.append(index, of: "one", nowNanoseconds: 11_000_000) }
    // Ten parts of a millisecond are many turns; one part is two.
    var owners: [String] = []
    while owners.count < 6, let next = queue.next(nowNanoseconds: 11_000_000) {
      owners.append(next.owner)
      queue.charge(next.owner, nanoseconds: 100_000, nowNanoseconds: 11_000_000)
    }
    #expect(owners == [String](repeating: "one", count: 6))
  }

  @Test func keepsTheOrderOfAnOwner() {
    var bench = Bench()
    bench.ask("a", 200, milliseconds: 3)
    bench.ask("b", 200, milliseconds: 0.1)
    while bench.run() != nil {}
    for owner in ["a", "b"] {
      #expect(bench.log.filter { $0.hasPrefix(owner) } == (0..<200).map { "\(owner)\($0)" })
    }
    #expect(bench.queue.isEmpty)
  }

  @Test func sharesTimeAndNotCounts() {
    var bench = Bench()
    bench.ask("slow", 1000, milliseconds: 10)
    bench.ask("quick", 100_000, milliseconds: 0.01)
    while bench.now < 500_000_000 { bench.run() }
    // As much as one long command to and fro.
    let difference = (bench.busy["slow"] ?? 0) - (bench.busy["quick"] ?? 0)
    #expect(abs(difference) <= 11_000_000, "\(bench.busy)")
  }

  /// A new owner waits for the running command, not for all that others have queued.
  @Test(arguments: [1, 50]) func aNewcomerIsNext(crowd: Int) {
    var bench = Bench()
    for index in 0..<crowd { bench.ask("crowd\(index)/", 100, milliseconds: 10) }
    for _ in 0..<(2 * crowd) { bench.run() }
    for _ in 0..<20 {
      bench.ask("bystander", milliseconds: 0.05)
      #expect(bench.run() == "bystander")
      for _ in 0..<3 { bench.run() }
    }
  }

  /// An owner with one command at a time gets no more than its share by that.
  @Test func aDebtIsKeptWhileItsOwnerIsSilent() {
    var bench = Bench()
    bench.ask("other", 10_000, milliseconds: 1)
    for _ in 0..<1000 {
      bench.ask("loner", milliseconds: 10)
      while bench.run() != "loner" {}
    }
    let difference = (bench.busy["loner"] ?? 0) - (bench.busy["other"] ?? 0)
    #expect(abs(difference) <= 11_000_000, "\(bench.busy)")
  }

  /// Commands that were given back come first again, in their order.
  @Test func givesBack() {
    var bench = Bench()
    bench.ask("a", 100, milliseconds: 0.01)
    bench.ask("b", 100, milliseconds: 0.01)
    var taken: [(owner: String, element: (name: String, milliseconds: Double))] = []
    while taken.count < 130, let next = bench.queue.next(nowNanoseconds: 0) {
      taken.append((next.owner, next.element))
    }
    #expect(bench.queue.count == 70)
    bench.queue.giveBack(taken, nowNanoseconds: 0)
    #expect(bench.queue.count == 200)
    while bench.run() != nil {}
    for owner in ["a", "b"] {
      #expect(bench.log.filter { $0.hasPrefix(owner) } == (0..<100).map { "\(owner)\($0)" })
    }
  }

  /// Very many owners, each of which asks once.
  @Test func forgetsOwners() {
    var bench = Bench()
    for index in 0..<100_000 {
      bench.ask("\(index)/", milliseconds: 0.01)
      bench.run()
    }
    #expect(bench.log.count == 100_000)
    #expect(bench.queue.ownerCount < 1000)
  }
}
