internal import CLinux
internal import Glibc

/// The three descriptors that every program takes for granted.
package enum StandardStreams {
  /// Opens /dev/null on those of the descriptors 0 to 2 that are closed. To be called before
  /// anything else is opened: a socket or a file with such a number would be read as input, or get
  /// what is printed.
  ///
  /// It is opened the wrong way round, so that reading the input that isn't there and writing to
  /// an output that isn't there still fail, with `Errno.badDescriptor`.
  package static func openClosed() throws(Errno) {
    for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] {
      do throws(Errno) {
        _ = try SystemCall.value { fcntl(descriptor, F_GETFD) }
      } catch {
        guard error == .badDescriptor else { throw error }
        let mode = descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY
        // The lowest number that is free, which is this one.
        // SAFETY: the call reads a terminated string.
        _ = try SystemCall.value { unsafe open("/dev/null", mode) }
      }
    }
  }

  /// Writes all bytes, waiting for room, also where another process has made the stream
  /// non-blocking.
  static func write(_ bytes: Span<UInt8>, to number: Int32) throws(Errno) {
    // Lent, and given back: it stays open, whatever the write came to.
    let stream = FileDescriptor(owning: number)
    let outcome: Result<Void, Errno>
    do {
      outcome = .success(try stream.writeAll(bytes))
    } catch {
      outcome = .failure(error)
    }
    _ = stream.release()
    try outcome.get()
  }
}
