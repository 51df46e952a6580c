internal import Glibc
internal import Platform
internal import TestSupport

/// Stands for the service manager: a datagram socket, by path or by an abstract name behind `@`.
final class NotifyInbox {
  let address: String
  private let descriptor: FileDescriptor

  init(_ address: String) throws {
    self.address = address
    let opened = FileDescriptor(
      owning: try SystemCall.value {
        socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
      })
    let number = opened.rawValue
    descriptor = opened
    var name = Array(address.utf8)
    if address.hasPrefix("@") { name[0] = 0 }
    var place = sockaddr_un()
    place.sun_family = sa_family_t(AF_UNIX)
    let bytes = name
    unsafe withUnsafeMutableBytes(of: &place.sun_path) { unsafe $0.copyBytes(from: bytes) }
    let byteCount = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
    _ = try SystemCall.value {
      unsafe withUnsafePointer(to: &place) {
        unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          unsafe bind(number, $0, byteCount)
        }
      }
    }
  }

  deinit { unsafe unlink(address) }

  /// The lines of the next message.
  func next() throws -> [String] {
    let patience = ChildProcess.patienceMilliseconds
    guard try descriptor.waitUntilReadable(timeoutMilliseconds: patience) else {
      throw FixtureError("the daemon tells the service manager nothing")
    }
    var room = [UInt8](repeating: 0, count: 4096)
    let number = descriptor.rawValue
    let count = unsafe room.withUnsafeMutableBytes { room in
      unsafe recv(number, room.baseAddress, room.count, 0)
    }
    return String(decoding: room[..<max(0, count)], as: UTF8.self)
      .split(separator: "\n").map(String.init)
  }

  /// The first message that has this line; those before it are dropped.
  func next(with line: String) throws -> [String] {
    while true {
      let lines = try next()
      if lines.contains(line) { return lines }
    }
  }
}
