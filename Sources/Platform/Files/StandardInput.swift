internal import Glibc

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
