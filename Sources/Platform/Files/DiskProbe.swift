internal import CLinux
internal import Glibc

/// Whether a disk takes writes.
package enum DiskProbe {
  /// Writes and syncs a block of a file in `folder`, which is made for that and removed.
  package static func isWritable(folder: String) -> Bool {
    let path = folder + "/probe"
    // SAFETY: the calls read terminated strings.
    defer { _ = unsafe unlink(path) }
    do {
      let file = FileDescriptor(
        owning: try SystemCall.value {
          unsafe clinux_open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o600)
        })
      try file.writeAll([UInt8](repeating: 0x5a, count: 4096).span)
      let descriptor = file.rawValue
      _ = try SystemCall.value { fdatasync(descriptor) }
      return true
    } catch {
      return false
    }
  }
}

/// Stops what other threads write into files, for good: the next write fails.
///
/// The file's number is made to mean something that can't be written to, in one step of the kernel,
/// so that a library that only knows the number needs no part in it.
package final class WriteStop: Sendable {
  private struct State {
    var isStopped = false
    var descriptors: [Int32] = []
  }

  private let state = Guarded(State())

  package init() {}

  /// Whether writing was stopped.
  package var isStopped: Bool { state.withLock { $0.isStopped } }

  /// Calls `body`, which writes to `file` and fails soon once writing is stopped.
  package func run<Failure: Error>(
    _ file: borrowing FileDescriptor, _ body: () throws(Failure) -> Void
  ) throws(Failure) {
    let descriptor = file.rawValue
    state.withLock { state in
      state.descriptors.append(descriptor)
      if state.isStopped { Self.block(descriptor) }
    }
    // Afterwards the number may come to mean another file.
    defer { state.withLock { $0.descriptors.removeAll { $0 == descriptor } } }
    try body()
  }

  /// Stops all writing, now and later.
  package func stop() {
    state.withLock { state in
      state.isStopped = true
      for descriptor in state.descriptors { Self.block(descriptor) }
    }
  }

  /// Makes writes to a number fail with EBADF, as to any folder. Without a free descriptor they go
  /// on.
  private static func block(_ descriptor: Int32) {
    // SAFETY: the call reads a terminated string.
    let folder = try? SystemCall.value { unsafe open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    guard let folder else { return }
    _ = try? SystemCall.value { dup2(folder, descriptor) }
    SystemCall.close(folder)
  }
}
