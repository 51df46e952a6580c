internal import CLinux
internal import Glibc

/// A reference to the process that made a connection: a pidfd, which never refers to a later
/// process with the same number.
///
/// Hazard: Linux 6.18 and later give a pidfd for a process that has ended; earlier kernels refuse.
/// So a pidfd does not prove that the process runs. Facts looked up by process number are valid
/// only if `hasExited` is false afterwards.
package struct PeerProcess: ~Copyable, Sendable {
  /// What the kernel reports about the peer's process.
  package enum Outcome: ~Copyable, Sendable {
    case process(PeerProcess)
    /// It ended before the call.
    case exited
    /// The kernel is older than Linux 6.5 and doesn't have this option.
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

  /// Whether the process has ended, even if its exit status was not collected yet.
  package func hasExited() throws(Errno) -> Bool {
    try descriptor.waitUntilReadable(timeoutMilliseconds: 0)
  }
}

extension PeerProcess {
  /// The most bytes of a path that `executable` returns: of a longer path, the last bytes.
  package static let executableByteCount = 255

  /// The path of the program that the peer's process runs now: UTF-8 without NUL, for people. Takes
  /// three system calls.
  ///
  /// Empty if it can't be read: the process has ended, its number is not visible from here, or it
  /// belongs to another user and this process is not root. Hazard: a process chooses which program
  /// it runs, and may have run another when it connected.
  ///
  /// - Parameters:
  ///   - processID: from `PeerCredentials`.
  ///   - socket: the connection; it shows whether the number now belongs to another process.
  /// - Returns: at most `executableByteCount` bytes.
  package static func executable(
    _ processID: Int32, on socket: borrowing FileDescriptor
  ) -> [UInt8] {
    guard processID > 0 else { return [] }
    let path = linkTarget("/proc/\(processID)/exe")
    guard !path.isEmpty, !isGone(socket) else { return [] }
    // If the cut falls inside a character, the rest of that character is dropped too.
    let end =
      path.count <= executableByteCount
      ? path[...] : path.suffix(executableByteCount).drop { $0 & 0xc0 == 0x80 }
    let text = Array(String(decoding: end, as: UTF8.self).utf8)
    return text.count <= executableByteCount ? text : []
  }

  /// Whether the peer's process has ended; false if the kernel doesn't support the query.
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
