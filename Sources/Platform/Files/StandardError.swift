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

  /// Writes a text, but waits no longer than a second for a stream that takes nothing. For the last
  /// words of a process that has to end.
  package static func offer(_ text: String) {
    guard let writer = try? LineWriter(mostBytes: .max, notice: { _ in [] }) else { return }
    writer.write(Array(text.utf8))
    writer.finish(withinNanoseconds: 1_000_000_000)
  }
}
