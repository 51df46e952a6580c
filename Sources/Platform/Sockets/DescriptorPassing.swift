internal import CLinux

extension FileDescriptor {
  /// The most descriptors that one message carries.
  package static let maximumPassedDescriptors = Int(CLINUX_DESCRIPTORS_MAXIMUM)

  /// Sends once on a Unix socket, with copies of descriptors (`SCM_RIGHTS`) at the first byte.
  ///
  /// - Parameters:
  ///   - bytes: at least one.
  ///   - descriptors: from 1 to `maximumPassedDescriptors`. They stay open here.
  /// - Returns: how many bytes were sent, with all descriptors, or that there was no room.
  /// - Throws: `Errno.notPermitted` where the receiver refuses descriptors.
  package func send(
    _ bytes: Span<UInt8>, passing descriptors: [Int32]
  ) throws(Errno) -> WriteOutcome {
    precondition(bytes.count > 0, "a descriptor travels with a byte")
    let socket = rawValue
    do {
      // SAFETY: pointers and counts are those of one span and one array, and the call keeps none.
      let count = try SystemCall.value {
        unsafe bytes.withUnsafeBytes { bytes in
          unsafe descriptors.withUnsafeBufferPointer { numbers in
            unsafe clinux_send_descriptors(
              socket, bytes.baseAddress, bytes.count, numbers.baseAddress, numbers.count)
          }
        }
      }
      return .bytes(count)
    } catch {
      if error == .wouldBlock { return .wouldBlock }
      throw error
    }
  }

  /// Receives once from a Unix socket into the start of `bytes`, with the descriptors that came
  /// along, which are closed on exec.
  ///
  /// - Parameters:
  ///   - bytes: not empty.
  ///   - passed: gets the descriptors, if any came; those in it before are closed then.
  /// - Returns: how many bytes came, or that none did.
  /// - Throws: the kernel's error.
  package func receive(
    into bytes: inout MutableRawSpan, passed: inout PassedDescriptors?
  ) throws(Errno) -> ReadOutcome {
    let socket = rawValue
    var numbers = [Int32](repeating: -1, count: Self.maximumPassedDescriptors)
    var count = 0
    var isTruncated = false
    let received: Int
    do {
      // SAFETY: pointers and counts are those of one span and of an array with the room that the
      // call needs, and the call keeps none.
      received = try unsafe bytes.withUnsafeMutableBytes { (bytes) throws(Errno) -> Int in
        precondition(bytes.count > 0, "a read needs room")
        return try SystemCall.value {
          unsafe numbers.withUnsafeMutableBufferPointer { numbers in
            unsafe clinux_receive_descriptors(
              socket, bytes.baseAddress, bytes.count, numbers.baseAddress, &count, &isTruncated)
          }
        }
      }
    } catch {
      if error == .wouldBlock { return .wouldBlock }
      throw error
    }
    if count > 0 || isTruncated {
      passed = PassedDescriptors(
        owning: Array(numbers.prefix(count)), isTruncated: isTruncated)
    }
    return received == 0 ? .endOfFile : .bytes(received)
  }
}

extension FileDescriptor {
  /// Makes the kernel refuse, with `EPERM` to the sender, descriptors that a peer sends along with
  /// its bytes (`SO_PASSRIGHTS` 0). Sockets that a listener accepts inherit it.
  ///
  /// Hazard: `read` drops descriptors that came, so none stays open either way. But whoever drops
  /// the last one closes the file, and a close can take as long as a foreign file system likes.
  /// Only this refusal keeps that out of this process, and only for what is sent after it.
  ///
  /// - Returns: false where the kernel can't refuse, as before Linux 6.16.
  @discardableResult
  package func refusePassedDescriptors() -> Bool {
    clinux_refuse_rights(rawValue) == 0
  }
}

extension UnixListener {
  /// Makes the kernel refuse descriptors that a peer sends, from its connect on.
  ///
  /// - Returns: false where the kernel can't refuse, as before Linux 6.16.
  @discardableResult
  package func refusePassedDescriptors() -> Bool {
    clinux_refuse_rights(rawValue) == 0
  }
}

/// Descriptors that came over a socket. Those that nobody takes are closed.
package struct PassedDescriptors: ~Copyable {
  private var numbers: ArraySlice<Int32>
  /// The kernel has dropped some: there were too many, or this process has too many open.
  package let isTruncated: Bool

  init(owning numbers: [Int32], isTruncated: Bool) {
    self.numbers = numbers[...]
    self.isTruncated = isTruncated
  }

  deinit {
    for number in numbers { SystemCall.close(number) }
  }

  /// How many have not been taken.
  package var count: Int { numbers.count }

  /// Gives the next one, in the order of sending; nil when there is none. The caller closes it.
  package mutating func takeFirst() -> Int32? { numbers.popFirst() }
}
