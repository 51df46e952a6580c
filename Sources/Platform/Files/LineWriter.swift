internal import CLinux
internal import Glibc

/// Writes lines to standard error on a thread of its own, so that callers never wait for the
/// stream.
///
/// A pipe that is not read, a stopped terminal, a slow journal or a hung disk blocks only that
/// thread. Lines then wait, up to `maximumBytes`; further lines are lost, and when the stream
/// accepts writes again, a line in their place says how many. The stream's flags are not changed,
/// because other processes share them.
package final class LineWriter: Sendable {
  private struct Waiting {
    var lines: [[UInt8]] = []
    var byteCount = 0
    /// The lines lost after those that wait.
    var lost = 0
    var allLost: UInt64 = 0
    var hasThread = false
    /// Whether the thread is writing lines that it has taken.
    var isWriting = false
  }

  private let waiting = Guarded(Waiting())
  private let wakeUp: FileDescriptor
  private let descriptor: Int32
  private let maximumBytes: Int
  private let notice: @Sendable (Int) -> [UInt8]

  /// Makes a writer without its thread: lines wait until `start`.
  ///
  /// - Parameters:
  ///   - descriptor: the stream; it is not owned and stays open.
  ///   - maximumBytes: how many bytes of lines may wait.
  ///   - notice: makes the line that says how many were lost, with its line end.
  /// - Throws: the kernel's error, most likely that descriptors have run out.
  package init(
    to descriptor: Int32 = STDERR_FILENO, maximumBytes: Int,
    notice: @escaping @Sendable (Int) -> [UInt8]
  ) throws(Errno) {
    wakeUp = FileDescriptor(owning: try SystemCall.value { () -> Int32 in clinux_eventfd() })
    self.descriptor = descriptor
    self.maximumBytes = maximumBytes
    self.notice = notice
  }

  /// Starts the thread, once; it inherits the caller's blocked signals.
  package func start() throws(Errno) {
    let isFirst = waiting.withLock { waiting in
      defer { waiting.hasThread = true }
      return !waiting.hasThread
    }
    guard isFirst else { return }
    _ = try NativeThread(name: "log") { self.run() }
  }

  /// Takes a line with its line end. Never waits for the stream.
  package func write(_ line: [UInt8]) {
    let wasEmpty = waiting.withLock { waiting in
      guard waiting.lost == 0, waiting.byteCount + line.count <= maximumBytes else {
        waiting.lost += 1
        waiting.allLost += 1
        return false
      }
      waiting.lines.append(line)
      waiting.byteCount += line.count
      return waiting.lines.count == 1
    }
    if wasEmpty { wake() }
  }

  /// The lines lost so far, because the queue was full or a write failed.
  package var lostLines: UInt64 { waiting.withLock { $0.allLost } }

  /// Waits until all lines are written, including lines added meanwhile, or until the time has
  /// passed.
  package func finish(withinNanoseconds: Int64) {
    guard (try? start()) != nil else { return }
    let deadline = Clock.monotonicNanoseconds() + withinNanoseconds
    while waiting.withLock({ $0.isWriting || !$0.lines.isEmpty }),
      Clock.monotonicNanoseconds() < deadline
    {
      // There is no way to wait with a timeout for a thread that is blocked in a write.
      usleep(1_000)
    }
  }

  private func run() {
    while true {
      let taken = waiting.withLock { waiting in
        let taken = (lines: waiting.lines, lost: waiting.lost)
        waiting.lines = []
        waiting.byteCount = 0
        waiting.lost = 0
        waiting.isWriting = !taken.lines.isEmpty
        return taken
      }
      if taken.lines.isEmpty { wait() }
      for line in taken.lines { put(line) }
      if taken.lost > 0 { put(notice(taken.lost)) }
    }
  }

  /// Waits for a line. A line added after the queue was found empty has already raised the counter.
  private func wait() {
    _ = try? wakeUp.waitUntilReadable(timeoutMilliseconds: nil)
    let number = wakeUp.rawValue
    _ = try? SystemCall.value { clinux_eventfd_clear(number) }
  }

  private func wake() {
    let number = wakeUp.rawValue
    // A full counter wakes just as well.
    _ = try? SystemCall.value { clinux_eventfd_signal(number) }
  }

  private func put(_ line: [UInt8]) {
    do throws(Errno) { try StandardStreams.write(line.span, to: descriptor) } catch {
      waiting.withLock { $0.allLost += 1 }
    }
  }
}
