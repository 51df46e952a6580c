internal import CLinux
internal import Glibc

/// A copy of this process for work that may die of what it reads.
package enum ForkedChild {
  /// How the work has ended.
  package enum Ending: Equatable, Sendable {
    case exited(Int32)
    /// By a signal, for instance 7 (SIGBUS) or 11 (SIGSEGV).
    case died(signal: Int32)
  }

  /// Runs `body` in a child and waits for its end; the child's exit code is what `body` returns.
  ///
  /// Hazard: only for a process with one thread, since the child has a copy of no other.
  package static func run(_ body: () -> Int32) throws(Errno) -> Ending {
    let child = try SystemCall.value { clinux_fork() }
    if child == 0 { _exit(body()) }
    var status: Int32 = 0
    // SAFETY: the call fills `status` and keeps no pointer.
    _ = try SystemCall.value { unsafe waitpid(child, &status, 0) }
    let signal = status & 0x7f
    return signal == 0 ? .exited(status >> 8 & 0xff) : .died(signal: signal)
  }
}
