internal import CLinux

extension FileDescriptor {
  /// The most descriptors that one message carries.
  package static let maximumPassedDescriptors = Int(CLINUX_DESCRIPTORS_MAXIMUM)

  /// Sends once on a Unix socket; copies of the descriptors (`SCM_RIGHTS`) go with the first byte.
  ///
  /// - Parameters:
  ///   - bytes: at least one.
  ///   - descriptors: from 1 to `maximumPassedDescriptors`. They stay open here.
  /// - Returns: how many bytes were sent, with all descriptors, or `wouldBlock`.
  /// - Throws: `Errno.notPermitted` if the receiver refuses descriptors.
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

  /// Receives once from a Unix socket into the start of `bytes`, and takes the descriptors that
  /// came with the bytes. They are closed on exec.
  ///
  /// - Parameters:
  ///   - bytes: not empty.
  ///   - passed: is replaced if descriptors came; the previous ones are then closed.
  /// - Returns: how many bytes came, the end of the stream, or `wouldBlock`.
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
  /// Makes the kernel refuse descriptors that a peer sends with its bytes (`SO_PASSRIGHTS` 0); the
  /// sender gets `EPERM`. Sockets that a listener accepts inherit the setting.
  ///
  /// Hazard: `read` drops received descriptors, so none stays open either way. But dropping the
  /// last reference closes the file, and a close can block for as long as the peer's file system
  /// takes. Only this refusal prevents that, and only for messages sent after it.
  ///
  /// - Returns: false if the kernel can't refuse them (before Linux 6.16).
  @discardableResult
  package func refusePassedDescriptors() -> Bool {
    clinux_refuse_rights(rawValue) == 0
  }
}

extension UnixListener {
  /// Makes the kernel refuse descriptors from a peer as soon as it has connected.
  ///
  /// - Returns: false if the kernel can't refuse them (before Linux 6.16).
  @discardableResult
  package func refusePassedDescriptors() -> Bool {
    clinux_refuse_rights(rawValue) == 0
  }
}

/// Descriptors that came over a socket. `deinit` closes those that were not taken.
package struct PassedDescriptors: ~Copyable {
  private var numbers: ArraySlice<Int32>
  /// The kernel has dropped some: the message had too many, or this process has too many open.
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

  /// The next one, in the order of sending; nil if none is left. The caller closes it.
  package mutating func takeFirst() -> Int32? { numbers.popFirst() }
}
