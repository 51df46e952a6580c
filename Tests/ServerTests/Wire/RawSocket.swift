internal import Glibc
internal import Platform

/// A connection on which a test sends what it likes, byte by byte.
final class RawSocket {
  private let descriptor: FileDescriptor
  private(set) var received: [UInt8] = []

  init(_ daemon: Daemon) throws {
    descriptor = try UnixConnection.connect(path: daemon.socketPath)
  }

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
    while received.count < count {
      guard try read() else {
        throw FixtureError("the connection ended after \(received.count) of \(count) bytes")
      }
    }
    let bytes = Array(received[..<count])
    received.removeFirst(count)
    return bytes
  }

  /// Waits for the end of the connection, and says how many bytes came before.
  func waitForEnd() throws -> Int {
    while try read() {}
    return received.count
  }

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
