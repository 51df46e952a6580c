internal import Glibc

/// The one place that reads `errno`.
///
/// Hazard: anything between a failed call and the reading of `errno` may overwrite it, even the
/// release of an object. So every system call of the project goes through here.
package enum SystemCall {
  /// Returns the result of `call`, or throws `errno` if it is -1. Repeats the call on `EINTR`.
  package static func value<Result: FixedWidthInteger & SignedInteger>(
    _ call: () -> Result
  ) throws(Errno) -> Result {
    while true {
      let result = call()
      let code = errno
      if result != -1 { return result }
      if code != EINTR { throw Errno(code) }
    }
  }

  /// Like `value`, for a call that must not be repeated after a signal.
  package static func valueOnce<Result: FixedWidthInteger & SignedInteger>(
    _ call: () -> Result
  ) throws(Errno) -> Result {
    let result = call()
    let code = errno
    if result == -1 { throw Errno(code) }
    return result
  }

  /// For calls whose NULL means an error or, as with readdir(3), the end: nil at the end.
  static func pointer<Result>(_ call: () -> Result?) throws(Errno) -> Result? {
    errno = 0
    let result = call()
    let code = errno
    if result == nil, code != 0 { throw Errno(code) }
    return result
  }

  /// For calls that return an error number, such as those of pthread.
  static func succeed(_ call: () -> Int32) throws(Errno) {
    let code = call()
    if code != 0 { throw Errno(code) }
  }

  /// Closes a descriptor. Linux releases it whatever the result is, so the call is not repeated.
  ///
  /// An unknown descriptor means a double close. It traps: the next one could close another owner's
  /// file.
  static func close(_ descriptor: Int32) {
    let result = Glibc.close(descriptor)
    let code = errno
    precondition(result == 0 || code != EBADF, "descriptor \(descriptor) was closed twice")
  }
}
