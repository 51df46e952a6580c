internal import CLinux
internal import Glibc

/// A second process of this program, for work that may crash on bad input.
///
/// Unlike a fork, it may be started while other threads run. It shares no descriptor and no lock
/// with this process. It is killed when this value is destroyed, or when the thread that started it
/// ends.
package struct SpawnedSelf: ~Copyable {
  /// Its standard output, as a nonblocking descriptor.
  package let output: FileDescriptor
  package let processID: Int32
  private var hasEnded = false

  /// Starts the process; `word` tells it what to do with `path`.
  package init(_ word: String, _ path: String) throws(Errno) {
    let (first, second) = try UnixConnection.socketPair(nonblocking: false).split {
      first, second in (first.release(), second.release())
    }
    let reading = FileDescriptor(owning: first)
    let writing = FileDescriptor(owning: second)
    let (input, target) = (reading.rawValue, writing.rawValue)
    _ = try SystemCall.value { clinux_set_nonblocking(input, true) }
    var child: pid_t = 0
    // SAFETY: the call reads terminated strings, fills `child` and keeps no pointer.
    try SystemCall.succeed { unsafe clinux_spawn_self(word, path, target, &child) }
    output = reading
    processID = child
  }

  deinit {
    guard !hasEnded else { return }
    clinux_end_soon(processID)
    _ = waitpid(processID, nil, 0)
  }

  /// Waits until the process has ended.
  package consuming func wait() throws(Errno) -> ForkedChild.Ending {
    hasEnded = true
    return try ForkedChild.wait(for: processID)
  }

  /// Ends this process, the one that was started, with the thread that started it.
  package static func endWithParent() { clinux_end_with_parent() }

  /// Lets all other processes run first. For the process that was started.
  package static func giveWay() { clinux_give_way() }
}
