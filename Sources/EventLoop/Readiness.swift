internal import CLinux

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
  /// The connection is gone in both directions, or failed. What was received before may still be
  /// read.
  package static let hangup = Readiness(rawValue: 4)

  /// From the bits of epoll. A peer that only stopped sending is `readable`: the read tells.
  init(events: UInt32) {
    var readiness: Readiness = []
    if events & (UInt32(CLINUX_EPOLL_IN) | UInt32(CLINUX_EPOLL_READ_HANGUP)) != 0 {
      readiness.insert(.readable)
    }
    if events & UInt32(CLINUX_EPOLL_OUT) != 0 { readiness.insert(.writable) }
    if events & (UInt32(CLINUX_EPOLL_HANGUP) | UInt32(CLINUX_EPOLL_ERROR)) != 0 {
      readiness.insert(.hangup)
    }
    self = readiness
  }
}
