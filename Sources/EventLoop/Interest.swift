internal import CLinux

/// What a handler wants to be told about a descriptor. A hang-up is always told.
package struct Interest: OptionSet, Sendable, Hashable {
  package let rawValue: UInt32

  package init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// From two answers. Literals of sets cost a hundred times as much in another module.
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
