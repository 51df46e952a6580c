internal import CLinux
internal import Glibc

/// Lines for standard error, written by a thread of its own: whoever has a line to write never
/// waits, whatever the stream is and whoever else has it open.
///
/// A pipe that nobody reads, a terminal that is held, a journal that is slow or a disk that hangs
/// stops that thread and no other. Lines then wait, in so many bytes; past them lines are lost, and
/// when the stream flows again a line at their place says how many. The flags of the stream stay
/// what they are, since other processes share them.
package final class LineWriter: Sendable {
  private struct Waiting {
    var lines: [[UInt8]] = []
    var byteCount = 0
    /// The lines lost behind those that wait.
    var lost = 0
    var allLost: UInt64 = 0
    var hasThread = false
    /// Whether the thread has lines that it took.
    var isWriting = false
  }

  private let waiting = Guarded(Waiting())
  private let wakeUp: FileDescriptor
  private let descriptor: Int32
  private let maximumBytes: Int
  private let notice: @Sendable (Int) -> [UInt8]

  /// Makes a writer without its thread: lines wait for `start`.
  ///
  /// - Parameters:
  ///   - descriptor: where to; it stays open, and is not owned.
  ///   - maximumBytes: what may wait.
  ///   - notice: the line that says how many were lost, its end included.
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

  /// Starts the thread, once; it inherits the signals that are blocked here.
  package func start() throws(Errno) {
    let isFirst = waiting.withLock { waiting in
      defer { waiting.hasThread = true }
      return !waiting.hasThread
    }
    guard isFirst else { return }
    _ = try NativeThread(name: "log") { self.run() }
  }

  /// Takes a line, its end included. Never waits for the stream.
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

  /// The lines that were lost so far: there was no room, or the stream took none.
  package var lostLines: UInt64 { waiting.withLock { $0.allLost } }

  /// Waits until all is written, but no longer than this. Lines that are written meanwhile count.
  package func finish(withinNanoseconds: Int64) {
    guard (try? start()) != nil else { return }
    let deadline = Clock.monotonicNanoseconds() + withinNanoseconds
    while waiting.withLock({ $0.isWriting || !$0.lines.isEmpty }),
      Clock.monotonicNanoseconds() < deadline
    {
      // A thread that is stopped in a write can't be waited for together with a time.
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

  /// Waits until a line comes. One that came after the queue was seen to be empty has raised the
  /// counter already.
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
