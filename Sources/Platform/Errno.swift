internal import CLinux

/// The number of an error that the kernel reported: `errno` at the moment the call returned.
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
