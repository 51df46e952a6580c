/// The coming events, in the order of time; of two at the same time, the one that was added
/// first.
struct EventQueue<Event> {
  private var heap: [Entry] = []
  private var events: [Event?] = []
  private var free: [Int] = []
  private var added: UInt64 = 0

  private struct Entry {
    let time: Int64
    let order: UInt64
    let slot: Int

    func isBefore(_ other: Entry) -> Bool {
      time != other.time ? time < other.time : order < other.order
    }
  }

  var nextTime: Int64? { heap.first?.time }

  mutating func add(_ event: Event, at time: Int64) {
    let slot: Int
    if let reused = free.popLast() {
      slot = reused
      events[slot] = event
    } else {
      slot = events.count
      events.append(event)
    }
    added += 1
    heap.append(Entry(time: time, order: added, slot: slot))
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child].isBefore(heap[parent]) else { break }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  mutating func next() -> (time: Int64, event: Event)? {
    guard let first = heap.first, let last = heap.popLast() else { return nil }
    if !heap.isEmpty {
      heap[0] = last
      sink()
    }
    guard let event = events[first.slot] else { return nil }
    events[first.slot] = nil
    free.append(first.slot)
    return (first.time, event)
  }

  private mutating func sink() {
    var parent = 0
    while true {
      var child = 2 * parent + 1
      guard child < heap.count else { return }
      if child + 1 < heap.count, heap[child + 1].isBefore(heap[child]) { child += 1 }
      guard heap[child].isBefore(heap[parent]) else { return }
      heap.swapAt(child, parent)
      parent = child
    }
  }
}
