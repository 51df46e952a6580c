internal import Glibc

/// The error stream of the process.
package enum StandardError {
  /// Writes as much as the stream takes. A failure is ignored: there is nowhere left to report it.
  package static func write(_ bytes: Span<UInt8>) {
    var written = 0
    while written < bytes.count {
      let rest = bytes.extracting(droppingFirst: written)
      // SAFETY: the kernel reads at most `count` bytes, and the pointer doesn't leave the closure.
      let count = unsafe rest.withUnsafeBytes { buffer in
        (try? SystemCall.value {
          unsafe Glibc.write(STDERR_FILENO, buffer.baseAddress, buffer.count)
        })
          ?? 0
      }
      if count <= 0 { return }
      written += count
    }
  }

  /// Writes a text in UTF-8 by one call where it can, so that lines of two threads don't mix.
  package static func write(_ text: String) {
    let bytes = Array(text.utf8)
    write(bytes.span)
  }
}
