internal import Platform

/// A thread in a list: what can't be copied can't stand in an array by itself.
final class JoinableThread {
  private var thread: NativeThread?

  init(name: String, _ body: @escaping @Sendable () -> Void) throws(Errno) {
    thread = try NativeThread(name: name, body)
  }

  /// Waits until the thread has ended.
  func join() { thread.take()?.join() }
}
