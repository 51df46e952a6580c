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

  /// Whether it has hung up.
  package var isHungUp: Bool { rawValue & 4 != 0 }
  /// Whether a read would tell something.
  package var hasNews: Bool { rawValue & 5 != 0 }

  /// From the bits of epoll. A peer that only stopped sending is `readable`: the read tells.
  init(events: UInt32) {
    let input = UInt32(CLINUX_EPOLL_IN) | UInt32(CLINUX_EPOLL_READ_HANGUP)
    let end = UInt32(CLINUX_EPOLL_HANGUP) | UInt32(CLINUX_EPOLL_ERROR)
    rawValue =
      (events & input != 0 ? 1 : 0) | (events & UInt32(CLINUX_EPOLL_OUT) != 0 ? 2 : 0)
      | (events & end != 0 ? 4 : 0)
  }
}
