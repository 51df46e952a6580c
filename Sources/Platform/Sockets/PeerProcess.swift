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
