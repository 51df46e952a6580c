internal import Glibc

/// The error stream of the process.
package enum StandardError {
  /// Writes as much as the stream takes, waiting for room. A failure is ignored: there is nowhere
  /// left to report it.
  package static func write(_ bytes: Span<UInt8>) {
    try? StandardStreams.write(bytes, to: STDERR_FILENO)
  }

  /// Writes a text in UTF-8 by one call where it can, so that lines of two threads don't mix.
  package static func write(_ text: String) {
    let bytes = Array(text.utf8)
    write(bytes.span)
  }
}
