internal import CLinux
internal import Glibc

/// A hold on the process that made a connection: a pidfd, which means that process and never
/// another one that was given its number later.
///
/// Hazard: from Linux 6.18 on the kernel gives a pidfd of a process that is gone as well, where
/// earlier ones refuse. So nothing follows from having one. What was learned by the process number
/// counts only if `hasExited` is false when asked afterwards.
package struct PeerProcess: ~Copyable, Sendable {
  /// What the kernel tells about the process of a peer.
  package enum Outcome: ~Copyable, Sendable {
    case process(PeerProcess)
    /// It ended before it was asked for.
    case exited
    /// The kernel is older than Linux 6.5 and has no such question.
    case unsupported
  }

  private let descriptor: FileDescriptor

  private init(_ descriptor: consuming FileDescriptor) { self.descriptor = descriptor }

  /// Asks the kernel for the peer's process (`SO_PEERPIDFD`).
  ///
  /// - Throws: the kernel's error, such as a lack of descriptors.
  package static func of(_ socket: borrowing FileDescriptor) throws(Errno) -> Outcome {
    let number = socket.rawValue
    do {
      let process = FileDescriptor(owning: try SystemCall.value { clinux_peer_process(number) })
      return .process(PeerProcess(process))
    } catch {
      switch error {
      case Errno(ENOPROTOOPT): return .unsupported
      // EINVAL until Linux 6.8, ESRCH until 6.17.
      case .invalidArgument, Errno(ESRCH): return .exited
      default: throw error
      }
    }
  }

  /// Whether the process has ended by now, its exit status collected or not.
  package func hasExited() throws(Errno) -> Bool {
    try descriptor.waitUntilReadable(timeoutMilliseconds: 0)
  }
}

extension PeerProcess {
  /// The most bytes of a path that `executable` gives: the last ones of a longer path.
  package static let executableByteCount = 255

  /// The path of the program that the process at the other end of a connection runs now: UTF-8
  /// without NUL, for people. Three system calls.
  ///
  /// Empty where it can't be known: the process is gone, or its number is not visible from here, or
  /// it is another user's and this process is not root. Hazard: a process chooses which program it
  /// runs, and may have run another when it connected.
  ///
  /// - Parameters:
  ///   - processID: as `PeerCredentials` has it.
  ///   - socket: the connection, by which a number that was given to another process is noticed.
  /// - Returns: at most `executableByteCount` bytes.
  package static func executable(
    _ processID: Int32, on socket: borrowing FileDescriptor
  ) -> [UInt8] {
    guard processID > 0 else { return [] }
    let path = linkTarget("/proc/\(processID)/exe")
    guard !path.isEmpty, !isGone(socket) else { return [] }
    // A cut may fall inside a character, whose rest then goes too.
    let end =
      path.count <= executableByteCount
      ? path[...] : path.suffix(executableByteCount).drop { $0 & 0xc0 == 0x80 }
    let text = Array(String(decoding: end, as: UTF8.self).utf8)
    return text.count <= executableByteCount ? text : []
  }

  /// Whether the peer's process has ended; a kernel that can't say counts as no.
  private static func isGone(_ socket: borrowing FileDescriptor) -> Bool {
    do {
      switch try of(socket) {
      case .process(let process): return try process.hasExited()
      case .exited: return true
      case .unsupported: return false
      }
    } catch {
      return true
    }
  }

  private static func linkTarget(_ path: String) -> [UInt8] {
    var target = [CChar](repeating: 0, count: Int(PATH_MAX))
    // SAFETY: the call fills at most `count` bytes and keeps no pointer.
    let count = unsafe readlink(path, &target, target.count)
    return target[..<max(0, count)].map { UInt8(bitPattern: $0) }
  }
}
