internal import Glibc
internal import Platform
internal import TestSupport

/// A connection on which a test sends what it likes, byte by byte.
final class RawSocket {
  private let descriptor: FileDescriptor
  private var received: [UInt8] = []
  /// How much of `received` has been taken.
  private var taken = 0

  convenience init(_ daemon: Daemon) throws { try self.init(path: daemon.socketPath) }

  convenience init(path: String) throws {
    self.init(try UnixConnection.connect(path: path))
  }

  init(_ descriptor: consuming FileDescriptor) { self.descriptor = descriptor }

  func send(_ bytes: [UInt8]) throws { try descriptor.sendAll(bytes.span) }

  /// Sends as much as the kernel takes without waiting, and says how much that was.
  func sendSome(_ bytes: ArraySlice<UInt8>) -> Int {
    let number = descriptor.rawValue
    return unsafe bytes.withUnsafeBytes { bytes in
      let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
      return unsafe max(0, Glibc.send(number, bytes.baseAddress, bytes.count, flags))
    }
  }

  /// Waits until more can be sent; false when nothing could be for `milliseconds`.
  func waitUntilWritable(milliseconds: Int32) throws -> Bool {
    try descriptor.waitUntilWritable(timeoutMilliseconds: milliseconds)
  }

  func finishSending() throws { try descriptor.shutDownWriting() }

  /// Reads until `count` bytes have come and takes them.
  func take(_ count: Int) throws -> [UInt8] {
    while received.count - taken < count {
      guard try read() else {
        throw FixtureError(
          "the connection ended after \(received.count - taken) of \(count) bytes")
      }
    }
    let bytes = Array(received[taken..<taken + count])
    taken += count
    if taken == received.count || taken > 1 << 20 {
      received.removeFirst(taken)
      taken = 0
    }
    return bytes
  }

  /// Waits for the end of the connection, and says how many bytes came before.
  func waitForEnd() throws -> Int {
    while try read() {}
    return received.count - taken
  }

  /// Sends, and reads what comes meanwhile, so that neither side waits for the other; returns how
  /// much was sent before the daemon ended the connection. Reads nothing if `isDeaf`, and then
  /// gives up when nothing can be sent for 200 ms.
  func pour(_ bytes: [UInt8], isDeaf: Bool = false) throws -> Int {
    var sent = 0
    while sent < bytes.count {
      let wanted = isDeaf ? Int16(POLLOUT) : Int16(POLLIN | POLLOUT)
      var entry = pollfd(fd: descriptor.rawValue, events: wanted, revents: 0)
      let patience = isDeaf ? 200 : ChildProcess.patienceMilliseconds
      guard unsafe poll(&entry, 1, patience) > 0 else {
        if isDeaf { return sent }
        throw FixtureError("the daemon neither reads nor writes")
      }
      if entry.revents & Int16(POLLIN) != 0, try !read() { return sent }
      guard entry.revents & Int16(POLLOUT) != 0 else {
        if entry.revents & Int16(POLLIN) == 0 { return sent }
        continue
      }
      let rest = bytes[sent...]
      let count = sendSome(rest.prefix(64 << 10))
      if count == 0, errno != EAGAIN { return sent }
      sent += count
    }
    return sent
  }

  /// Whether there is something to take.
  var hasArrived: Bool {
    get throws {
      try received.count > taken || descriptor.waitUntilReadable(timeoutMilliseconds: 0)
    }
  }

  /// Takes what has come by now, without waiting.
  func readAtHand() throws {
    while try descriptor.waitUntilReadable(timeoutMilliseconds: 0), try read() {}
  }

  /// The bytes that would be taken next, if that many have come.
  func peek(_ count: Int) -> ArraySlice<UInt8>? {
    atHand >= count ? received[taken..<taken + count] : nil
  }

  /// How much can be taken without waiting.
  var atHand: Int { received.count - taken }

  /// Reads once; false at the end of the connection, however it ended.
  private func read() throws -> Bool {
    guard
      try descriptor.waitUntilReadable(timeoutMilliseconds: ChildProcess.patienceMilliseconds)
    else { throw FixtureError("the daemon says nothing") }
    var room = [UInt8](repeating: 0, count: 64 << 10)
    let number = descriptor.rawValue
    let count = unsafe room.withUnsafeMutableBytes { room in
      unsafe recv(number, room.baseAddress, room.count, 0)
    }
    if count > 0 { received += room[..<count] }
    return count > 0
  }
}
