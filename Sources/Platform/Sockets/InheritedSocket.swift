internal import Glibc

/// A listening Unix stream socket that another process made and bound to a path.
package final class InheritedSocket {
  /// The service manager's name for it.
  package let name: String
  /// The path in its address, unchanged.
  package let path: String
  private var descriptor: FileDescriptor?

  /// Takes over an open descriptor, after checking that it is a listening Unix stream socket.
  ///
  /// Sets close-on-exec. If the number is not an open descriptor, the init throws and closes
  /// nothing; on every later error it closes the descriptor.
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

  /// Makes the listener; call it once. The listener's `deinit` removes the path only if the path
  /// then has this `identity`.
  package func makeListener(
    identity: FileStatus.Identity? = nil
  ) throws(Errno) -> UnixListener {
    guard let descriptor = descriptor.take() else {
      preconditionFailure("an inherited socket has one listener")
    }
    return try UnixListener(inherited: descriptor, path: path, identity: identity)
  }

  /// What the descriptor is instead of a listening Unix stream socket; nil if it is one.
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

  /// The contents of `sun_path`: a path, or a NUL and an abstract name.
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
