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
    guard let writer = try? LineWriter(maximumBytes: .max, notice: { _ in [] }) else { return }
    writer.write(Array(text.utf8))
    writer.finish(withinNanoseconds: 1_000_000_000)
  }
}

/// The input stream of the process.
package enum StandardInput {
  /// Reads bytes into the start of `room`, waiting for them; 0 at the end.
  package static func read(into room: inout MutableSpan<UInt8>) throws(Errno) -> Int {
    // Lent, and given back: it stays open, whatever the read came to.
    let input = FileDescriptor(owning: STDIN_FILENO)
    let outcome: Result<Int, Errno>
    do {
      outcome = .success(try input.readWaiting(into: &room))
    } catch {
      outcome = .failure(error)
    }
    _ = input.release()
    return try outcome.get()
  }
}

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
