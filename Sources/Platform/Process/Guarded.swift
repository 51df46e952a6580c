internal import Glibc

/// A value that several threads share, protected by a mutex of the C library.
///
/// Not `Synchronization.Mutex`: the thread sanitizer doesn't see its locks. It would report every
/// guarded value as a race, and the real races would be lost among those reports.
@safe
package final class Guarded<Value: Sendable>: Sendable {
  // SAFETY: the value is only used in `withLock`, between lock and unlock. The mutex is allocated
  // in init, never moves, and is destroyed in deinit, when no references are left.
  private nonisolated(unsafe) var value: Value
  private nonisolated(unsafe) let mutex: UnsafeMutablePointer<pthread_mutex_t>

  package init(_ value: Value) {
    unsafe self.value = value
    unsafe mutex = .allocate(capacity: 1)
    unsafe mutex.initialize(to: pthread_mutex_t())
    let code = unsafe pthread_mutex_init(mutex, nil)
    precondition(code == 0, "a mutex can't be made: \(Errno(code))")
  }

  deinit {
    unsafe pthread_mutex_destroy(mutex)
    unsafe mutex.deallocate()
  }

  /// Lends the value to `body`, which must not call `withLock` on the same object.
  package func withLock<Result>(_ body: (inout Value) -> Result) -> Result {
    let locked = unsafe pthread_mutex_lock(mutex)
    precondition(locked == 0, "a mutex can't be locked: \(Errno(locked))")
    defer { unsafe pthread_mutex_unlock(mutex) }
    return unsafe body(&value)
  }
}
