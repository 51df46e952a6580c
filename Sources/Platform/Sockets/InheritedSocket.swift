internal import Glibc

/// A listening Unix stream socket that another process made and bound to a path.
package final class InheritedSocket {
  /// What the service manager calls it.
  package let name: String
  /// The path that it was bound to, as its maker wrote it.
  package let path: String
  private var descriptor: FileDescriptor?

  /// Takes over an open descriptor, once it is known to be what is needed.
  ///
  /// The descriptor is closed on exec from here on. It is left open where the init throws before it
  /// is known to be open at all, and closed where it throws later.
  package init(descriptor: Int32, name: String) throws(ActivationError) {
    let isOpen = (try? SystemCall.value { fcntl(descriptor, F_SETFD, FD_CLOEXEC) }) != nil
    guard isOpen else { throw .notOpen(descriptor: descriptor, name: name) }
    let opened = FileDescriptor(owning: descriptor)
    let found: String?
    let address: [UInt8]
    do {
      found = try Self.objection(to: descriptor)
      address = found == nil ? try Self.address(of: descriptor) : []
    } catch {
      throw .failed(descriptor: descriptor, name: name, error: error)
    }
    if let found { throw .notAListener(descriptor: descriptor, name: name, found: found) }
    guard let first = address.first, first != 0 else {
      let text = UnixSocketPath.printable(String(decoding: address.dropFirst(), as: UTF8.self))
      throw .abstract(descriptor: descriptor, name: name, address: "@" + text)
    }
    path = String(decoding: address.prefix { $0 != 0 }, as: UTF8.self)
    self.name = name
    self.descriptor = .some(opened)
  }

  /// Gives the listener, once. Its path is removed at its end only if it has this `identity` then.
  package func makeListener(
    identity: FileStatus.Identity? = nil
  ) throws(Errno) -> UnixListener {
    guard let descriptor = descriptor.take() else {
      preconditionFailure("an inherited socket has one listener")
    }
    return try UnixListener(inherited: descriptor, path: path, identity: identity)
  }

  /// What the descriptor is, where it is not a Unix stream socket that listens.
  private static func objection(to descriptor: Int32) throws(Errno) -> String? {
    let domain: Int32
    do { domain = try option(SO_DOMAIN, of: descriptor) } catch {
      if error.code == ENOTSOCK { return "not a socket" }
      throw error
    }
    guard domain == AF_UNIX else { return "a socket of another family" }
    guard try option(SO_TYPE, of: descriptor) == Int32(SOCK_STREAM.rawValue) else {
      return "a Unix socket of another type"
    }
    guard try option(SO_ACCEPTCONN, of: descriptor) != 0 else {
      return "a Unix stream socket that does not listen"
    }
    return nil
  }

  private static func option(_ option: Int32, of descriptor: Int32) throws(Errno) -> Int32 {
    var value: Int32 = 0
    var byteCount = socklen_t(MemoryLayout<Int32>.size)
    // SAFETY: the call fills `value`, whose size it is told, and keeps no pointer.
    _ = try SystemCall.value {
      unsafe getsockopt(descriptor, SOL_SOCKET, option, &value, &byteCount)
    }
    return value
  }

  /// What `sun_path` holds: a path, or an abstract name behind a NUL.
  private static func address(of descriptor: Int32) throws(Errno) -> [UInt8] {
    var address = sockaddr_un()
    var byteCount = socklen_t(MemoryLayout<sockaddr_un>.size)
    // SAFETY: every address begins as `sockaddr` does; the call fills at most `byteCount` bytes.
    _ = try SystemCall.value {
      unsafe withUnsafeMutablePointer(to: &address) {
        unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          unsafe getsockname(descriptor, $0, &byteCount)
        }
      }
    }
    let pathByteCount = max(0, Int(byteCount) - MemoryLayout<sa_family_t>.size)
    // SAFETY: a tuple of bytes, copied before its end.
    return unsafe withUnsafeBytes(of: &address.sun_path) {
      unsafe Array($0.prefix(pathByteCount))
    }
  }
}
