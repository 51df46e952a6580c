internal import CLinux
internal import Glibc

/// What this process is, and how it hardens itself at its start.
package enum ProcessControl {
  /// The effective user.
  package static var userID: UInt32 { geteuid() }
  /// The effective group.
  package static var groupID: UInt32 { getegid() }
  /// The process.
  package static var processID: Int32 { getpid() }

  /// How many processors this process may run on, at least 1.
  package static var availableCores: Int { max(1, Int(clinux_available_cores())) }

  /// Keeps secrets in memory out of core files, and other processes of the same user from tracing
  /// this one (`RLIMIT_CORE` 0, `PR_SET_DUMPABLE` 0). It can't be undone without privilege.
  package static func disableCoreDumps() throws(Errno) {
    _ = try SystemCall.value { clinux_disable_core_dumps() }
  }

  /// Raises the soft limit of open descriptors to the hard one.
  ///
  /// - Returns: the limit that holds now.
  @discardableResult
  package static func raiseDescriptorLimit() throws(Errno) -> UInt64 {
    var limit: UInt64 = 0
    // SAFETY: the call fills `limit` and keeps no pointer.
    _ = try SystemCall.value { unsafe clinux_raise_descriptor_limit(&limit) }
    return limit
  }

  /// Ends the process as a crash does, without a word: standard error may take none.
  package static func abort() -> Never { Glibc.abort() }

  /// Asks the process to end as an operator would.
  package static func terminateSelf() { _ = kill(getpid(), SIGTERM) }

  /// A write to a peer that is gone fails with `Errno.brokenPipe`, and doesn't end the process.
  package static func ignoreBrokenPipeSignal() throws(Errno) {
    _ = try SystemCall.value { clinux_ignore_sigpipe() }
  }

  /// A write past the limit of a file's size fails with `Errno.fileTooLarge`, and doesn't end the
  /// process.
  package static func ignoreFileSizeSignal() throws(Errno) {
    _ = try SystemCall.value { clinux_ignore_sigxfsz() }
  }
}

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
    return try wait(for: child)
  }

  static func wait(for child: pid_t) throws(Errno) -> Ending {
    var status: Int32 = 0
    // SAFETY: the call fills `status` and keeps no pointer.
    _ = try SystemCall.value { unsafe waitpid(child, &status, 0) }
    let signal = status & 0x7f
    return signal == 0 ? .exited(status >> 8 & 0xff) : .died(signal: signal)
  }
}
