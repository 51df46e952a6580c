/// The members that have work to do, taken round robin by user, and round robin again among the
/// members of one user: a user with a thousand connections gets no more turns than one with a
/// single connection.
///
/// A member has a place from `join` to `leave`. Adding, taking and leaving take constant time and
/// allocate nothing.
package struct RunQueue<Member> {
  /// A member's place, which may be another's once it has left.
  package struct Place: Equatable {
    fileprivate let index: Int
  }

  /// A member, linked to its neighbours in its user's line while it waits.
  private struct Slot {
    var member: Member?
    var isTaken = true
    var line: Int
    var isWaiting = false
    var previous: Int?
    var next: Int?
  }

  /// The members of one user that wait, linked to the next user's line while any do.
  private struct Line {
    let user: UInt32
    var memberCount = 0
    var first: Int?
    var last: Int?
    /// Whether it stands in the ring; also without a member that waits, until its turn comes.
    var isInRing = false
    var next: Int?
  }

  private var slots: [Slot] = []
  private var freeSlots: [Int] = []
  private var lines: [Line] = []
  private var freeLines: [Int] = []
  private var linesOfUsers: [UInt32: Int] = [:]
  /// The ring of users, cut open before the one whose turn is next.
  private var firstLine: Int?
  private var lastLine: Int?
  private var waitingCount = 0

  package init() {}

  /// Whether no member waits.
  package var isEmpty: Bool { waitingCount == 0 }

  /// Gives a new member of a user its place, which is to be filled before it waits.
  package mutating func join(user: UInt32) -> Place {
    let line = line(of: user)
    lines[line].memberCount += 1
    let slot = Slot(line: line)
    if let index = freeSlots.popLast() {
      slots[index] = slot
      return Place(index: index)
    }
    slots.append(slot)
    return Place(index: slots.count - 1)
  }

  /// Puts a member into a place, also in place of another.
  package mutating func fill(_ place: Place, with member: Member) {
    precondition(slots[place.index].isTaken, "the place is free")
    slots[place.index].member = member
  }

  /// Takes a member out, whether it waits or not.
  package mutating func leave(_ place: Place) {
    precondition(slots[place.index].isTaken, "the place is free")
    if slots[place.index].isWaiting { unlink(place.index) }
    slots[place.index].member = nil
    slots[place.index].isTaken = false
    freeSlots.append(place.index)
    let line = slots[place.index].line
    lines[line].memberCount -= 1
    if !lines[line].isInRing { dropIfUnused(line) }
  }

  /// Whether the member waits for its turn.
  package func isWaiting(_ place: Place) -> Bool { slots[place.index].isWaiting }

  /// Puts a member at the end of its user's line, unless it waits already.
  package mutating func add(_ place: Place) {
    let index = place.index
    guard !slots[index].isWaiting else { return }
    precondition(slots[index].member != nil, "the place is empty")
    let line = slots[index].line
    slots[index].isWaiting = true
    slots[index].next = nil
    slots[index].previous = lines[line].last
    if let last = lines[line].last { slots[last].next = index } else { lines[line].first = index }
    lines[line].last = index
    waitingCount += 1
    if !lines[line].isInRing { appendToRing(line) }
  }

  /// Takes out the next member, and moves its user behind the others; nil when none waits.
  package mutating func next() -> Member? {
    while let line = firstLine {
      firstLine = lines[line].next
      if firstLine == nil { lastLine = nil }
      lines[line].isInRing = false
      guard let index = lines[line].first else {
        dropIfUnused(line)
        continue
      }
      unlink(index)
      if lines[line].first != nil { appendToRing(line) }
      return slots[index].member
    }
    return nil
  }

  private mutating func line(of user: UInt32) -> Int {
    if let line = linesOfUsers[user] { return line }
    let line: Int
    if let free = freeLines.popLast() {
      line = free
      lines[line] = Line(user: user)
    } else {
      line = lines.count
      lines.append(Line(user: user))
    }
    linesOfUsers[user] = line
    return line
  }

  private mutating func appendToRing(_ line: Int) {
    lines[line].isInRing = true
    lines[line].next = nil
    if let lastLine { lines[lastLine].next = line } else { firstLine = line }
    lastLine = line
  }

  private mutating func unlink(_ index: Int) {
    let (line, previous, next) = (slots[index].line, slots[index].previous, slots[index].next)
    if let previous { slots[previous].next = next } else { lines[line].first = next }
    if let next { slots[next].previous = previous } else { lines[line].last = previous }
    slots[index].isWaiting = false
    waitingCount -= 1
  }

  private mutating func dropIfUnused(_ line: Int) {
    guard lines[line].memberCount == 0 else { return }
    linesOfUsers[lines[line].user] = nil
    freeLines.append(line)
  }
}
