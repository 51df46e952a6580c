/// The commands that wait for the writer, fairly by owner: no owner waits because of what another
/// has sent.
///
/// Deficit round robin by time. An owner whose turn it is gets a quantum of the writer's time and
/// runs commands, in the order in which they came, until it has used that up. The time that a
/// command takes beyond the quantum is a debt, which its owner pays with later turns: an owner of
/// slow commands gets fewer. An owner that comes without a debt gets its first turn before those
/// that have had one: it waits for the present command only.
///
/// A debt also shrinks while its owner has no command, as if others had used the time.
package struct CommandQueue<Owner: Hashable, Element> {
  private struct Line {
    var elements = FIFO<Element>()
    /// The time left of its turn; a debt if negative.
    var balance: Int64 = 0
    /// Whether it is in one of the two rounds.
    var isInRound = false
    /// When its last command was taken.
    var idleNanoseconds: Int64 = 0

    /// What it owes after it has had no command until now.
    func owed(_ nowNanoseconds: Int64) -> Int64 {
      min(0, balance + max(0, nowNanoseconds - idleNanoseconds))
    }
  }

  /// The time that a turn gives: some dozens of small commands.
  package static var quantumNanoseconds: Int64 { 500_000 }

  private var lines: [Owner: Line] = [:]
  /// The owners that have not had a turn since they came, and those that have.
  private var fresh = FIFO<Owner>()
  private var old = FIFO<Owner>()
  /// The elements of all owners.
  package private(set) var count = 0
  /// The number of lines past which those without a debt are forgotten.
  private var linesBeforeForgetting = 256

  package init() {}

  package var isEmpty: Bool { count == 0 }
  /// The owners that it knows, at most twice as many as have a command or a debt.
  package var ownerCount: Int { lines.count }

  /// Puts an element behind all others of its owner.
  package mutating func append(_ element: Element, of owner: Owner, nowNanoseconds: Int64) {
    count += 1
    forgetIdle(nowNanoseconds)
    lines.values[line(of: owner)].elements.append(element)
    enter(owner, nowNanoseconds)
  }

  /// Puts back what was taken and not done, in the order of taking, before the others of each
  /// owner.
  package mutating func giveBack(_ taken: [(owner: Owner, element: Element)], nowNanoseconds: Int64)
  {
    var returned: [Owner: [Element]] = [:]
    for (owner, element) in taken { returned[owner, default: []].append(element) }
    for (owner, elements) in returned {
      lines.values[line(of: owner)].elements.prepend(elements)
      enter(owner, nowNanoseconds)
    }
    count += taken.count
  }

  /// The owner that stands first, and whether it came without a debt and has not used up its first
  /// turn; nil when none waits.
  package mutating func first() -> (owner: Owner, isFresh: Bool)? {
    let isFresh = hasFresh()
    return (isFresh ? fresh.first : old.first).map { ($0, isFresh) }
  }

  /// Whether an owner waits that has not used up its first turn.
  private mutating func hasFresh() -> Bool {
    while let owner = fresh.first {
      let index = line(of: owner)
      if lines.values[index].balance > 0 { return true }
      fresh.popFirst()
      lines.values[index].balance += Self.quantumNanoseconds
      old.append(owner)
    }
    return false
  }

  /// Takes the element whose turn it is; nil when none waits. Charge its owner for the time that it
  /// then takes.
  package mutating func next(nowNanoseconds: Int64) -> (owner: Owner, element: Element)? {
    while true {
      guard let (owner, isFresh) = first() else { return nil }
      let index = line(of: owner)
      let hasTurn = lines.values[index].balance > 0
      let element = hasTurn ? lines.values[index].elements.popFirst() : nil
      if !hasTurn || lines.values[index].elements.isEmpty {
        if isFresh { fresh.popFirst() } else { old.popFirst() }
      }
      guard let element else {
        lines.values[index].balance += Self.quantumNanoseconds
        old.append(owner)
        continue
      }
      count -= 1
      if lines.values[index].elements.isEmpty {
        lines.values[index].isInRound = false
        lines.values[index].idleNanoseconds = nowNanoseconds
        // Unused time of a turn can't be saved.
        lines.values[index].balance = 0
      }
      return (owner, element)
    }
  }

  /// Notes how long the writer was busy, until now, with what was taken for an owner.
  package mutating func charge(_ owner: Owner, nanoseconds: Int64, nowNanoseconds: Int64) {
    let index = line(of: owner)
    lines.values[index].balance -= nanoseconds
    lines.values[index].idleNanoseconds = nowNanoseconds
  }

  /// Notes how long the writer was busy, until now, with all elements that were taken, such as to
  /// commit them: each is charged an equal part.
  package mutating func charge(
    all taken: [(owner: Owner, element: Element)], nanoseconds: Int64, nowNanoseconds: Int64
  ) {
    guard !taken.isEmpty else { return }
    let part = nanoseconds / Int64(taken.count)
    for (owner, _) in taken {
      charge(owner, nanoseconds: part, nowNanoseconds: nowNanoseconds)
    }
  }

  /// Puts an owner that has a command into a round.
  private mutating func enter(_ owner: Owner, _ nowNanoseconds: Int64) {
    let index = line(of: owner)
    guard !lines.values[index].isInRound else { return }
    lines.values[index].isInRound = true
    lines.values[index].balance = lines.values[index].owed(nowNanoseconds)
    if lines.values[index].balance < 0 { return old.append(owner) }
    lines.values[index].balance = Self.quantumNanoseconds
    fresh.append(owner)
  }

  private mutating func line(of owner: Owner) -> Dictionary<Owner, Line>.Index {
    if let index = lines.index(forKey: owner) { return index }
    lines[owner] = Line()
    return line(of: owner)
  }

  /// Forgets owners without a command or a debt. The lines added since the last pass pay for it.
  private mutating func forgetIdle(_ nowNanoseconds: Int64) {
    guard lines.count > linesBeforeForgetting else { return }
    lines = lines.filter { _, line in line.isInRound || line.owed(nowNanoseconds) < 0 }
    linesBeforeForgetting = max(256, lines.count * 2)
  }
}
