internal import CLinux
internal import Platform

/// Says which of many connections have something to read.
struct Poller: ~Copyable {
  private let epoll: FileDescriptor
  private var events: [clinux_epoll_event]

  init(capacity: Int) throws(BenchFailure) {
    do {
      epoll = FileDescriptor(owning: try SystemCall.value { clinux_epoll_create() })
    } catch { throw BenchFailure("make an epoll", error) }
    events = Array(repeating: clinux_epoll_event(), count: capacity)
  }

  func watch(_ descriptor: Int32, as key: Int) throws(BenchFailure) {
    let epoll = epoll.rawValue
    do throws(Errno) {
      _ = try SystemCall.value {
        clinux_epoll_add(epoll, descriptor, UInt32(CLINUX_EPOLL_IN), UInt64(key))
      }
    } catch { throw BenchFailure("watch a socket", error) }
  }

  /// Waits until something is ready, or so long, and gives the number of ready keys.
  mutating func wait(timeoutMilliseconds: Int32 = -1) throws(BenchFailure) -> Int {
    let epoll = epoll.rawValue
    do {
      // SAFETY: the array has room for `count` events.
      return try Int(
        SystemCall.value {
          unsafe events.withUnsafeMutableBufferPointer {
            unsafe clinux_epoll_wait(epoll, $0.baseAddress, Int32($0.count), timeoutMilliseconds)
          }
        })
    } catch { throw BenchFailure("wait for sockets", error) }
  }

  /// The key at `position` of those that the last wait found.
  func key(_ position: Int) -> Int { Int(events[position].data) }
}
