internal import Glibc

/// The output stream of the process.
package enum StandardOutput {
  /// Writes a text in UTF-8, waiting for room.
  package static func write(_ text: String) throws(Errno) {
    let bytes = Array(text.utf8)
    try StandardStreams.write(bytes.span, to: STDOUT_FILENO)
  }
}
