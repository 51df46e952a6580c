internal import Glibc

/// The one place that reads `errno`.
///
/// Hazard: anything between a failed call and the reading of `errno` may overwrite it, a release of
/// an object included. So every system call of the project goes through here.
package enum SystemCall {
  /// Gives the result of `call`, or throws `errno` where the result is -1. Repeats it on `EINTR`.
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

  /// As `value`, for a call that must not be repeated when a signal interrupts it.
  package static func valueOnce<Result: FixedWidthInteger & SignedInteger>(
    _ call: () -> Result
  ) throws(Errno) -> Result {
    let result = call()
    let code = errno
    if result == -1 { throw Errno(code) }
    return result
  }

  /// For calls whose NULL is an error or, as with readdir(3), the end: nil if it is no error.
  static func pointer<Result>(_ call: () -> Result?) throws(Errno) -> Result? {
    errno = 0
    let result = call()
    let code = errno
    if result == nil, code != 0 { throw Errno(code) }
    return result
  }

  /// For calls that give an error number as their result, as those of pthread do.
  static func succeed(_ call: () -> Int32) throws(Errno) {
    let code = call()
    if code != 0 { throw Errno(code) }
  }

  /// Closes a descriptor. Linux releases it whatever the result is, so nothing is repeated.
  ///
  /// An unknown descriptor is a double close. It traps: the next one would hit a stranger's file.
  static func close(_ descriptor: Int32) {
    let result = Glibc.close(descriptor)
    let code = errno
    precondition(result == 0 || code != EBADF, "descriptor \(descriptor) was closed twice")
  }
}
