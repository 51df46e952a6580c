internal import CLinux

/// A thread of the operating system, for a loop that never awaits.
///
/// If the value is dropped without `join`, the thread is detached and continues to run.
package struct NativeThread: ~Copyable, Sendable {
  private let handle: UInt

  /// Starts `body` on a new thread.
  ///
  /// - Parameters:
  ///   - name: the name in `ps -L` and `top -H`; cut after 15 bytes.
  ///   - body: runs once. Its captures move to the thread, so they need not be `Sendable`.
  /// - Throws: the kernel's error, most likely `EAGAIN` at a limit of threads.
  package init(name: String, _ body: sending @escaping () -> Void) throws(Errno) {
    let start = ThreadStart(body)
    // SAFETY: the thread releases the reference retained here; if none starts, the catch does.
    let context = unsafe Unmanaged.passRetained(start).toOpaque()
    var handle: UInt = 0
    do {
      try SystemCall.succeed {
        unsafe clinux_thread_start(
          &handle, String(decoding: name.utf8.prefix(15), as: UTF8.self),
          { context in
            guard let context = unsafe context else { return }
            unsafe Unmanaged<ThreadStart>.fromOpaque(context).takeRetainedValue().body()
          }, context)
      }
    } catch {
      unsafe Unmanaged<ThreadStart>.fromOpaque(context).release()
      throw error
    }
    self.handle = handle
  }

  deinit {
    _ = clinux_thread_detach(handle)
  }

  /// Waits until the thread has ended.
  package consuming func join() {
    let handle = handle
    discard self
    let code = clinux_thread_join(handle)
    precondition(code == 0, "a thread can't join itself: \(Errno(code))")
  }
}

/// Carries a thread's closure through the `void *` of pthread.
final class ThreadStart {
  let body: () -> Void

  init(_ body: @escaping () -> Void) {
    self.body = body
  }
}
