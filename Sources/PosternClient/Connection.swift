internal import Glibc
internal import Platform

/// The connected socket, and the two ways to wait on it.
///
/// The socket is a blocking one. In the common case, a request that is sent whole and an answer
/// without a deadline, a call then costs two system calls. Operations that must not block say so.
struct Connection: ~Copyable {
  private let socket: FileDescriptor

  init(path: String) throws(ConnectError) { socket = try UnixConnection.connect(path: path) }

  /// What the socket is ready for after a wait; neither means that the time ran out.
  struct Readiness {
    let reads: Bool
    let writes: Bool
  }

  /// Sends what the kernel takes at once, and returns the number of bytes.
  func sendWithoutWaiting(_ bytes: Span<UInt8>) throws(Errno) -> Int {
    let descriptor = socket.rawValue
    do {
      // SAFETY: the kernel reads at most `count` bytes, and the pointer doesn't leave the closure.
      return unsafe try bytes.withUnsafeBytes { (buffer) throws(Errno) -> Int in
        try SystemCall.value { () -> Int in
          unsafe Glibc.send(
            descriptor, buffer.baseAddress, buffer.count,
            Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
        }
      }
    } catch {
      if error == .wouldBlock { return 0 }
      throw error
    }
  }

  /// Reads into the start of `room`. Returns 0 at the end of the connection, nil if nothing has
  /// arrived.
  func read(into room: inout [UInt8], waiting: Bool) throws(Errno) -> Int? {
    let descriptor = socket.rawValue
    let flags = waiting ? 0 : Int32(MSG_DONTWAIT)
    var span = room.mutableSpan
    do {
      // SAFETY: the kernel writes at most `count` bytes, and the pointer doesn't leave the closure.
      return unsafe try span.withUnsafeMutableBytes { (buffer) throws(Errno) -> Int in
        try SystemCall.value { () -> Int in
          unsafe recv(descriptor, buffer.baseAddress, buffer.count, flags)
        }
      }
    } catch {
      if error == .wouldBlock { return nil }
      throw error
    }
  }

  /// Waits until there is something to read or, if `writing`, room to write, but not longer than
  /// until the monotonic clock shows `deadlineNanoseconds`.
  func wait(writing: Bool, deadlineNanoseconds: Int64?) throws(Errno) -> Readiness {
    let events = writing ? Int16(POLLIN | POLLOUT) : Int16(POLLIN)
    while true {
      var entry = pollfd(fd: socket.rawValue, events: events, revents: 0)
      let timeout = Connection.milliseconds(until: deadlineNanoseconds)
      do {
        // SAFETY: one entry, and the count says one.
        let count = try SystemCall.valueOnce { unsafe poll(&entry, 1, timeout) }
        let failed = entry.revents & Int16(POLLERR | POLLHUP) != 0
        if count == 0, timeout == Int32.max { continue }
        return Readiness(
          reads: failed || entry.revents & Int16(POLLIN) != 0,
          writes: entry.revents & Int16(POLLOUT) != 0)
      } catch {
        guard error == .interrupted else { throw error }
      }
    }
  }

  /// The time left until a deadline, rounded up so that the deadline has passed after the wait.
  private static func milliseconds(until deadlineNanoseconds: Int64?) -> Int32 {
    guard let deadlineNanoseconds else { return -1 }
    let (left, overflows) = deadlineNanoseconds.subtractingReportingOverflow(
      Clock.monotonicNanoseconds())
    if overflows { return Int32.max }
    return Int32(clamping: max(0, (left / 1_000_000) + (left % 1_000_000 > 0 ? 1 : 0)))
  }
}
