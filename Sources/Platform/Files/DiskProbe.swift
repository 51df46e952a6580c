internal import CLinux
internal import Glibc

/// Checks whether a disk accepts writes.
package enum DiskProbe {
  /// Creates a file in `folder`, writes and syncs one block, and removes the file.
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

/// Permanently stops other threads from writing to their files: the next write fails.
///
/// `dup2` atomically replaces the file behind the descriptor's number with one that can't be
/// written. So it also works for a library that only has the number.
package final class WriteStop: Sendable {
  private struct State {
    var isStopped = false
    var isPaused = false
    var pauseCount = 0
    var descriptors: [Int32] = []
  }

  private let state = Guarded(State())

  package init() {}

  package var isStopped: Bool { state.withLock { $0.isStopped } }

  /// How often writing was paused.
  package var pauseCount: Int { state.withLock { $0.pauseCount } }

  /// Calls `body`, which writes to `file`. After `stop` or `pause`, its next write fails.
  package func run<Failure: Error>(
    _ file: borrowing FileDescriptor, _ body: () throws(Failure) -> Void
  ) throws(Failure) {
    let descriptor = file.rawValue
    state.withLock { state in
      state.descriptors.append(descriptor)
      if state.isStopped || state.isPaused { Self.block(descriptor) }
    }
    // After this the number may be reused for another file.
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

  /// Stops all writing, now and until `goOn`. What was stopped does not go on.
  package func pause() {
    state.withLock { state in
      state.isPaused = true
      state.pauseCount += 1
      for descriptor in state.descriptors { Self.block(descriptor) }
    }
  }

  /// Lets others write again.
  package func goOn() { state.withLock { $0.isPaused = false } }

  /// Makes writes to a number fail with EBADF: it then refers to a folder. If no descriptor is
  /// free, writes continue to work.
  private static func block(_ descriptor: Int32) {
    // SAFETY: the call reads a terminated string.
    let folder = try? SystemCall.value { unsafe open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    guard let folder else { return }
    _ = try? SystemCall.value { dup2(folder, descriptor) }
    SystemCall.close(folder)
  }
}
