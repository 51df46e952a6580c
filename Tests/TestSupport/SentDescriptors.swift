internal import Glibc
package import Platform

/// A socket that was sent over another one, many times over, and closed here: its pair hangs up
/// once the last copy is closed, wherever that copy was.
package struct SentDescriptors: ~Copyable {
  /// Why the kernel did not take the copies; nil if it did.
  package let refusal: Errno?
  private let pair: FileDescriptor

  /// Sends `bytes` with `copies` of the descriptor (`SCM_RIGHTS`), at most 253.
  package init(
    copies: Int, with bytes: [UInt8] = [0], over socket: borrowing FileDescriptor
  ) throws(Errno) {
    let number = socket.rawValue
    var refusal: Errno?
    pair = try UnixConnection.socketPair().split { kept, sent in
      refusal = Self.send([Int32](repeating: sent.rawValue, count: copies), bytes, number)
      return kept
    }
    self.refusal = refusal
  }

  /// Waits until no copy is open; false when the time ran out.
  package func areClosed(withinMilliseconds milliseconds: Int32) throws(Errno) -> Bool {
    try pair.waitUntilReadable(timeoutMilliseconds: milliseconds)
  }

  private static func send(_ descriptors: [Int32], _ bytes: [UInt8], _ socket: Int32) -> Errno? {
    let headerBytes = MemoryLayout<cmsghdr>.size
    let controlBytes = headerBytes + descriptors.count * MemoryLayout<Int32>.size
    // The kernel reads whole words.
    var words = [UInt](repeating: 0, count: (controlBytes + 7) / 8)
    var bytes = bytes
    // SAFETY: every pointer is used inside the closure that gives it, and `words` has room for the
    // header and all descriptors.
    return unsafe words.withUnsafeMutableBytes { control -> Errno? in
      var header = cmsghdr()
      header.cmsg_len = controlBytes
      header.cmsg_level = SOL_SOCKET
      header.cmsg_type = Int32(SCM_RIGHTS)
      unsafe control.storeBytes(of: header, as: cmsghdr.self)
      for (index, descriptor) in descriptors.enumerated() {
        unsafe control.storeBytes(
          of: descriptor, toByteOffset: headerBytes + index * 4, as: Int32.self)
      }
      return unsafe bytes.withUnsafeMutableBytes { data -> Errno? in
        var part = unsafe iovec(iov_base: data.baseAddress, iov_len: data.count)
        return unsafe withUnsafeMutablePointer(to: &part) { part -> Errno? in
          var message = unsafe msghdr()
          unsafe message.msg_iov = part
          unsafe message.msg_iovlen = 1
          unsafe message.msg_control = control.baseAddress
          unsafe message.msg_controllen = control.count
          do throws(Errno) {
            _ = try SystemCall.value {
              unsafe sendmsg(socket, &message, Int32(MSG_NOSIGNAL))
            }
            return nil
          } catch { return error }
        }
      }
    }
  }
}
