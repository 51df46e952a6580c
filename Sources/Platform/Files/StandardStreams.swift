internal import CLinux
internal import Glibc

/// The three standard descriptors: input, output and error.
package enum StandardStreams {
  /// Opens /dev/null on each of the descriptors 0 to 2 that is closed. Call it before anything else
  /// is opened: otherwise a socket or file could get such a number, and be read as input or receive
  /// printed text.
  ///
  /// The input is opened for writing and the outputs for reading, so that reads and writes still
  /// fail, with `Errno.badDescriptor`.
  package static func openClosed() throws(Errno) {
    for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] {
      do throws(Errno) {
        _ = try SystemCall.value { fcntl(descriptor, F_GETFD) }
      } catch {
        guard error == .badDescriptor else { throw error }
        let mode = descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY
        // The kernel takes the lowest free number, which is this one.
        // SAFETY: the call reads a terminated string.
        _ = try SystemCall.value { unsafe open("/dev/null", mode) }
      }
    }
  }

  /// Writes all bytes and waits for room, even if another process made the stream nonblocking.
  static func write(_ bytes: Span<UInt8>, to number: Int32) throws(Errno) {
    // Borrowed: `release` below keeps it open, even if the write fails.
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
  /// Writes all bytes and waits for room. An error is ignored: there is nowhere left to report it.
  package static func write(_ bytes: Span<UInt8>) {
    try? StandardStreams.write(bytes, to: STDERR_FILENO)
  }

  /// Writes a text in UTF-8, in one call if possible, so that lines of two threads don't mix.
  package static func write(_ text: String) {
    let bytes = Array(text.utf8)
    write(bytes.span)
  }

  /// Writes a text, but waits at most one second for a blocked stream. For the last message of a
  /// process that must end.
  package static func offer(_ text: String) {
    guard let writer = try? LineWriter(maximumBytes: .max, notice: { _ in [] }) else { return }
    writer.write(Array(text.utf8))
    writer.finish(withinNanoseconds: 1_000_000_000)
  }
}

/// The input stream of the process.
package enum StandardInput {
  /// Reads bytes into the start of `room` and waits for them; 0 at the end.
  package static func read(into room: inout MutableSpan<UInt8>) throws(Errno) -> Int {
    // Borrowed: `release` below keeps it open, even if the read fails.
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
  /// Whether it is open for writing, judged by its flags.
  package static var isOpen: Bool {
    let flags = try? SystemCall.value { fcntl(STDOUT_FILENO, F_GETFL) }
    return flags.map { $0 & O_ACCMODE != O_RDONLY } ?? false
  }

  /// Writes a text in UTF-8 and waits for room.
  package static func write(_ text: String) throws(Errno) {
    let bytes = Array(text.utf8)
    try StandardStreams.write(bytes.span, to: STDOUT_FILENO)
  }
}
