/// The timers of a loop: a binary heap ordered by deadline, then by order of scheduling.
///
/// Most timers are cancelled (the deadline was met), so cancelling must be cheap. It frees the
/// timer's slot and leaves a stale entry in the heap, recognized by its generation. Once stale
/// entries outnumber live ones the heap is rebuilt, so it is at most twice as large as needed.
package struct TimerQueue {
  private struct Entry {
    let deadlineNanoseconds: Int64
    let sequence: UInt64
    let slot: UInt32
    let generation: UInt32

    static func < (left: Entry, right: Entry) -> Bool {
      left.deadlineNanoseconds == right.deadlineNanoseconds
        ? left.sequence < right.sequence : left.deadlineNanoseconds < right.deadlineNanoseconds
    }
  }

  private struct Slot {
    var generation: UInt32
    var token: UInt64
    var handler: (any TimerHandler)?
  }

  /// A heap with at most this many entries is not rebuilt.
  private static let rebuildThreshold = 64

  private var heap: [Entry] = []
  private var slots: [Slot] = []
  private var free: [UInt32] = []

  /// The sequence number that the next timer gets.
  package private(set) var nextSequence: UInt64 = 0

  package init() {}

  /// How many timers wait.
  package var count: Int { slots.count - free.count }

  /// How many entries the heap holds, including cancelled ones.
  package var heapCount: Int { heap.count }

  package mutating func schedule(
    deadlineNanoseconds: Int64, handler: any TimerHandler, token: UInt64
  ) -> TimerID {
    let slot: UInt32
    if let reused = free.popLast() {
      slot = reused
      slots[Int(slot)].token = token
      slots[Int(slot)].handler = handler
    } else {
      slot = UInt32(slots.count)
      slots.append(Slot(generation: 0, token: token, handler: handler))
    }
    let generation = slots[Int(slot)].generation
    heap.append(
      Entry(
        deadlineNanoseconds: deadlineNanoseconds, sequence: nextSequence, slot: slot,
        generation: generation))
    nextSequence += 1
    siftUp(heap.count - 1)
    return TimerID(slot: slot, generation: generation)
  }

  /// Cancels a timer. False if it has fired or was already cancelled.
  package mutating func cancel(_ id: TimerID) -> Bool {
    guard isLive(slot: id.slot, generation: id.generation) else { return false }
    release(id.slot)
    if heap.count > Self.rebuildThreshold, heap.count > 2 * count { rebuild() }
    return true
  }

  /// The earliest deadline; nil if no timer waits.
  package mutating func nextDeadlineNanoseconds() -> Int64? {
    dropCancelled()
    return heap.first?.deadlineNanoseconds
  }

  /// Takes out the earliest timer that is due at `now`.
  ///
  /// Timers numbered `sequence` or later wait for the next pass, so that a handler that reschedules
  /// itself without delay can't keep the loop from serving descriptors.
  package mutating func popDue(
    nowNanoseconds now: Int64, before sequence: UInt64
  ) -> (handler: any TimerHandler, token: UInt64)? {
    dropCancelled()
    guard let first = heap.first, first.deadlineNanoseconds <= now, first.sequence < sequence
    else { return nil }
    removeFirst()
    let slot = slots[Int(first.slot)]
    release(first.slot)
    guard let handler = slot.handler else { preconditionFailure("a live timer has a handler") }
    return (handler, slot.token)
  }

  private func isLive(slot: UInt32, generation: UInt32) -> Bool {
    let index = Int(slot)
    return index < slots.count && slots[index].generation == generation
      && slots[index].handler != nil
  }

  private mutating func release(_ slot: UInt32) {
    slots[Int(slot)].handler = nil
    slots[Int(slot)].generation &+= 1
    free.append(slot)
  }

  private mutating func dropCancelled() {
    while let first = heap.first, !isLive(slot: first.slot, generation: first.generation) {
      removeFirst()
    }
  }

  private mutating func rebuild() {
    // A live entry's slot has a handler, and no other entry has the slot's generation.
    let slots = slots
    heap.removeAll { entry in
      let slot = slots[Int(entry.slot)]
      return slot.generation != entry.generation || slot.handler == nil
    }
    var index = heap.count / 2
    while index > 0 {
      index -= 1
      siftDown(index)
    }
  }

  private mutating func removeFirst() {
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    siftDown(0)
  }

  private mutating func siftUp(_ start: Int) {
    var index = start
    while index > 0 {
      let parent = (index - 1) / 2
      guard heap[index] < heap[parent] else { return }
      heap.swapAt(index, parent)
      index = parent
    }
  }

  private mutating func siftDown(_ start: Int) {
    var index = start
    while true {
      let left = 2 * index + 1
      guard left < heap.count else { return }
      let right = left + 1
      let smaller = right < heap.count && heap[right] < heap[left] ? right : left
      guard heap[smaller] < heap[index] else { return }
      heap.swapAt(index, smaller)
      index = smaller
    }
  }
}

/// One scheduled timer. No other timer of its loop has the same id, even after this one has fired
/// or was cancelled.
package struct TimerID: Sendable, Hashable {
  let slot: UInt32
  let generation: UInt32
}

/// Handles a timer that fires.
package protocol TimerHandler: AnyObject {
  /// Called once on the loop's thread, never before the deadline. `token` is the one passed to
  /// `schedule`.
  func timerFired(token: UInt64)
}
