internal import CLinux

/// Handles the readiness of a descriptor.
package protocol EventHandler: AnyObject {
  /// Called on the loop's thread, repeatedly while the descriptor stays ready.
  ///
  /// The handler may add, modify and remove any registration, including its own.
  func ready(_ readiness: Readiness)
}

/// The events of a descriptor that a handler wants. Hang-ups are always reported.
package struct Interest: OptionSet, Sendable, Hashable {
  package let rawValue: UInt32

  package init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// Makes a set from two flags. A set literal in another module costs a hundred times as much.
  package init(readable: Bool, writable: Bool) {
    rawValue = (readable ? 1 : 0) | (writable ? 2 : 0)
  }

  /// There is something to read, or the peer will send nothing more.
  package static let readable = Interest(rawValue: 1)
  /// There is room to write.
  package static let writable = Interest(rawValue: 2)

  /// The bits of epoll.
  var events: UInt32 {
    var events: UInt32 = 0
    if contains(.readable) {
      events |= UInt32(CLINUX_EPOLL_IN) | UInt32(CLINUX_EPOLL_READ_HANGUP)
    }
    if contains(.writable) { events |= UInt32(CLINUX_EPOLL_OUT) }
    return events
  }
}

/// What a descriptor is ready for.
package struct Readiness: OptionSet, Sendable, Hashable {
  package let rawValue: UInt32

  package init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// A read will not block: it gives bytes, the end, or an error.
  package static let readable = Readiness(rawValue: 1)
  /// A write will not block.
  package static let writable = Readiness(rawValue: 2)
  /// The connection is closed in both directions, or failed. Bytes received before may still be
  /// read.
  package static let hangup = Readiness(rawValue: 4)

  /// Whether it has hung up.
  package var isHungUp: Bool { rawValue & 4 != 0 }
  /// Whether a read would return something: bytes, the end or an error.
  package var hasNews: Bool { rawValue & 5 != 0 }

  /// Converts the bits of epoll. A peer that has only stopped sending is `readable`: the read then
  /// returns the end.
  init(events: UInt32) {
    let input = UInt32(CLINUX_EPOLL_IN) | UInt32(CLINUX_EPOLL_READ_HANGUP)
    let end = UInt32(CLINUX_EPOLL_HANGUP) | UInt32(CLINUX_EPOLL_ERROR)
    rawValue =
      (events & input != 0 ? 1 : 0) | (events & UInt32(CLINUX_EPOLL_OUT) != 0 ? 2 : 0)
      | (events & end != 0 ? 4 : 0)
  }
}

/// A watched descriptor. epoll returns it in place of the descriptor's number.
///
/// Numbers are reused at once: a handler that closes one connection and accepts another may get the
/// same number while an event of the old one is still in the batch. Generations are not reused.
package struct Registration: Sendable, Hashable {
  let slot: UInt32
  let generation: UInt32

  init(slot: UInt32, generation: UInt32) {
    self.slot = slot
    self.generation = generation
  }

  /// Reads the 64 bits that epoll carries.
  init(data: UInt64) {
    slot = UInt32(truncatingIfNeeded: data)
    generation = UInt32(truncatingIfNeeded: data >> 32)
  }

  var data: UInt64 { UInt64(generation) << 32 | UInt64(slot) }
}
