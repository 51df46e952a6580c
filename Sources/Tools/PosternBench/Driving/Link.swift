internal import CLinux
internal import Messages
internal import Platform

/// One connection of a load.
final class Link {
  /// The position among the load's connections.
  let index: Int
  /// Calls that were made and not answered.
  var outstandingCount = 0
  /// When they were made, on the monotonic clock, in nanoseconds.
  var askedAt: Int64 = 0
  /// The next stream id, for a protocol with odd ids.
  var nextStream: UInt32 = 1

  private let socket: FileDescriptor
  private var unconsumed: [UInt8] = []

  init(index: Int, socketPath: String, isBlocking: Bool) throws(BenchFailure) {
    self.index = index
    do {
      socket = try UnixConnection.connect(path: socketPath)
    } catch {
      throw BenchFailure("\(error)")
    }
    do { try socket.setNonblocking(!isBlocking) } catch {
      throw BenchFailure("set the mode of a socket", error)
    }
  }

  var descriptor: Int32 { socket.rawValue }

  func send(_ bytes: Span<UInt8>) throws(BenchFailure) {
    do { try socket.sendAll(bytes) } catch { throw BenchFailure("send", error) }
  }

  /// Reads once into `buffer`, which all connections share, and lets `conversation` judge it.
  func receive(
    _ conversation: inout some Conversation, buffer: inout [UInt8]
  ) throws(BenchFailure) {
    let held = unconsumed.count
    for index in 0..<held { buffer[index] = unconsumed[index] }
    let outcome: ReadOutcome
    do throws(Errno) {
      // SAFETY: the kernel fills the buffer's end, and the pointer doesn't leave the closure.
      outcome = unsafe try buffer.withUnsafeMutableBufferPointer { (bytes) throws(Errno) in
        unsafe try socket.read(
          into: UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: bytes[held...])))
      }
    } catch {
      throw BenchFailure("receive", error)
    }
    let filled: Int
    switch outcome {
    case .bytes(let count): filled = held + count
    case .endOfFile: throw BenchFailure("the server closed a connection")
    case .wouldBlock: return
    }
    let heard = try conversation.hear(buffer.span.extracting(0..<filled), on: self)
    unconsumed.removeAll(keepingCapacity: true)
    if heard.consumedByteCount < filled {
      unconsumed += buffer[heard.consumedByteCount..<filled]
      guard filled < buffer.count else { throw BenchFailure("an answer is too large") }
    }
    outstandingCount -= heard.answerCount
    guard outstandingCount >= 0 else { throw BenchFailure("more answers than calls") }
  }
}

/// Tells which of many connections have something to read.
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

  /// Waits until something is ready or the timeout ends, and returns the number of ready keys.
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

  /// The key at `position` among those that the last wait found.
  func key(_ position: Int) -> Int { Int(events[position].data) }
}
