internal import Glibc
internal import Platform
internal import Synchronization

/// Ends the program, its children and its folder when it is interrupted or takes too long. So the
/// loads may block: nothing waits forever.
enum Watchdog {
  private static let isEnding = Atomic(false)

  /// Must be called before any other thread or child exists.
  static func start(folder: WorkFolder, limitSeconds: Int) throws(BenchFailure) {
    do {
      let signals = try SignalDescriptor(blocking: [SIGINT, SIGTERM, SIGHUP])
      let thread = try NativeThread(name: "watchdog") {
        let isInterrupted = wait(for: signals.rawValue, limitSeconds: limitSeconds)
        isEnding.store(true, ordering: .relaxed)
        let reason = isInterrupted ? "interrupted" : "not done after \(limitSeconds) s"
        StandardError.write("PosternBench: \(reason)\n")
        Children.shared.stopAll()
        folder.remove()
        _exit(isInterrupted ? 130 : 1)
      }
      _ = consume thread
    } catch {
      throw BenchFailure("watch for signals", error)
    }
  }

  /// Doesn't return once the program is ending, because the loads then fail only for that reason.
  static func yieldToEnd() {
    while isEnding.load(ordering: .relaxed) { pause() }
  }

  private static func wait(for descriptor: Int32, limitSeconds: Int) -> Bool {
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    // SAFETY: one entry, and the count says one.
    return unsafe poll(&entry, 1, Int32(limitSeconds) * 1000) > 0
  }
}
