internal import Glibc
internal import Platform

/// What only tests do to files.
enum SystemFile {
  static func rename(_ source: String, to target: String) throws(Errno) {
    // SAFETY: the call reads two terminated strings.
    _ = try SystemCall.value { unsafe Glibc.rename(source, target) }
  }
}
