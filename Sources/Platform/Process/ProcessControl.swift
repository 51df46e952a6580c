internal import CLinux
internal import Glibc

/// Facts about this process, and its hardening at the start.
package enum ProcessControl {
  /// The effective user.
  package static var userID: UInt32 { geteuid() }
  /// The effective group.
  package static var groupID: UInt32 { getegid() }
  /// The process.
  package static var processID: Int32 { getpid() }

  /// How many processors this process may run on, at least 1.
  package static var availableCores: Int { max(1, Int(clinux_available_cores())) }

  /// What the machine is called; empty if it has no name, or one that is no UTF-8.
  package static var machineName: String {
    var name = [CChar](repeating: 0, count: 256)
    // SAFETY: the call writes within the array, and ends the name with a NUL where there is room.
    let result = unsafe gethostname(&name, name.count - 1)
    guard result == 0 else { return "" }
    let bytes = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return String(validating: bytes, as: UTF8.self) ?? ""
  }

  /// Keeps secrets out of core files, and prevents other processes of the same user from tracing
  /// this one (`RLIMIT_CORE` 0, `PR_SET_DUMPABLE` 0). It can't be undone without privilege.
  package static func disableCoreDumps() throws(Errno) {
    _ = try SystemCall.value { clinux_disable_core_dumps() }
  }

  /// Raises the soft limit of open descriptors to the hard one.
  ///
  /// - Returns: the limit that now applies.
  @discardableResult
  package static func raiseDescriptorLimit() throws(Errno) -> UInt64 {
    var limit: UInt64 = 0
    // SAFETY: the call fills `limit` and keeps no pointer.
    _ = try SystemCall.value { unsafe clinux_raise_descriptor_limit(&limit) }
    return limit
  }

  /// Ends the process like a crash, without a message: standard error may be blocked.
  package static func abort() -> Never { Glibc.abort() }

  /// Sends this process SIGTERM, as an operator would.
  package static func terminateSelf() { _ = kill(getpid(), SIGTERM) }

  /// Makes a write to a closed peer fail with `Errno.brokenPipe` instead of ending the process.
  package static func ignoreBrokenPipeSignal() throws(Errno) {
    _ = try SystemCall.value { clinux_ignore_sigpipe() }
  }

  /// Makes a write past the file size limit fail with `Errno.fileTooLarge` instead of ending the
  /// process.
  package static func ignoreFileSizeSignal() throws(Errno) {
    _ = try SystemCall.value { clinux_ignore_sigxfsz() }
  }
}

/// A copy of this process, for work that may crash on bad input.
package enum ForkedChild {
  /// How the work ended.
  package enum Ending: Equatable, Sendable {
    case exited(Int32)
    /// A signal ended it, for instance 7 (SIGBUS) or 11 (SIGSEGV).
    case died(signal: Int32)
  }

  /// Runs `body` in a child and waits for its end; the child's exit code is what `body` returns.
  ///
  /// Hazard: call this only while the process has one thread, since a fork copies only the calling
  /// one.
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
