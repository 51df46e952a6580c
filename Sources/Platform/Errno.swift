internal import CLinux
internal import Glibc

/// An error number from the kernel: `errno` at the moment the call returned.
package struct Errno: Error, Sendable, Equatable, Hashable, CustomStringConvertible {
  /// The number, as `<errno.h>` defines it.
  package let code: Int32

  package init(_ code: Int32) {
    self.code = code
  }

  /// The untranslated text and the C name: `No such file or directory (ENOENT)`.
  package var description: String {
    // SAFETY: both calls give NULL or a static, terminated string.
    guard let name = unsafe clinux_error_name(code),
      let text = unsafe clinux_error_description(code)
    else {
      return "error \(code)"
    }
    return unsafe "\(String(cString: text)) (\(String(cString: name)))"
  }
}

extension Errno {
  /// The corresponding C constant is `EACCES`.
  package static let permissionDenied = Errno(EACCES)
  /// The corresponding C constant is `EADDRINUSE`.
  package static let addressInUse = Errno(EADDRINUSE)
  /// The corresponding C constant is `EBADF`.
  package static let badDescriptor = Errno(EBADF)
  /// The corresponding C constant is `EPIPE`.
  package static let brokenPipe = Errno(EPIPE)
  /// The corresponding C constant is `ECONNABORTED`.
  package static let connectionAborted = Errno(ECONNABORTED)
  /// The corresponding C constant is `ECONNREFUSED`.
  package static let connectionRefused = Errno(ECONNREFUSED)
  /// The corresponding C constant is `ECONNRESET`.
  package static let connectionReset = Errno(ECONNRESET)
  /// The corresponding C constant is `EEXIST`.
  package static let fileExists = Errno(EEXIST)
  /// The corresponding C constant is `EFBIG`.
  package static let fileTooLarge = Errno(EFBIG)
  /// The corresponding C constant is `EINTR`.
  package static let interrupted = Errno(EINTR)
  /// The corresponding C constant is `EINVAL`.
  package static let invalidArgument = Errno(EINVAL)
  /// The corresponding C constant is `ENAMETOOLONG`.
  package static let nameTooLong = Errno(ENAMETOOLONG)
  /// The corresponding C constant is `ENOSPC`.
  package static let noSpace = Errno(ENOSPC)
  /// The corresponding C constant is `ENOENT`.
  package static let noSuchFile = Errno(ENOENT)
  /// The corresponding C constant is `ENOTDIR`.
  package static let notADirectory = Errno(ENOTDIR)
  /// The corresponding C constant is `EISDIR`.
  package static let isADirectory = Errno(EISDIR)
  /// The corresponding C constant is `ENOTCONN`.
  package static let notConnected = Errno(ENOTCONN)
  /// The corresponding C constant is `ENOMEM`.
  package static let outOfMemory = Errno(ENOMEM)
  /// The corresponding C constant is `ENOBUFS`.
  package static let outOfBuffers = Errno(ENOBUFS)
  /// The corresponding C constant is `EPERM`.
  package static let notPermitted = Errno(EPERM)
  /// The corresponding C constant is `EDQUOT`.
  package static let quotaExceeded = Errno(EDQUOT)
  /// The corresponding C constant is `EROFS`.
  package static let readOnlyFileSystem = Errno(EROFS)
  /// The corresponding C constant is `EMFILE`.
  package static let tooManyDescriptors = Errno(EMFILE)
  /// The corresponding C constant is `ENFILE`.
  package static let tooManyDescriptorsInSystem = Errno(ENFILE)
  /// The corresponding C constant is `EAGAIN`, which Linux also calls `EWOULDBLOCK`.
  package static let wouldBlock = Errno(EAGAIN)
  /// The corresponding C constant is `EPROTOTYPE`.
  package static let wrongSocketType = Errno(EPROTOTYPE)
}
