internal import Glibc

/// The output stream of the process.
package enum StandardOutput {
  /// Whether it is open for writing, as far as that can be told without writing.
  package static var isOpen: Bool {
    let flags = try? SystemCall.value { fcntl(STDOUT_FILENO, F_GETFL) }
    return flags.map { $0 & O_ACCMODE != O_RDONLY } ?? false
  }

  /// Writes a text in UTF-8, waiting for room.
  package static func write(_ text: String) throws(Errno) {
    let bytes = Array(text.utf8)
    try StandardStreams.write(bytes.span, to: STDOUT_FILENO)
  }
}
