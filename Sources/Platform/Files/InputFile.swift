internal import Glibc

/// Opens a file that a person has named, for reading it to its end. Opening never waits, whatever
/// is at the path.
package enum InputFile {
  /// Opens the file at `path`, which must be of one of these kinds.
  ///
  /// The descriptor is nonblocking: a pipe that is empty makes a read return `wouldBlock` while a
  /// process has it open for writing.
  package static func open(
    path: String, _ kinds: [FileKind]
  ) throws(InputFileError) -> FileDescriptor {
    // Looked at before it is opened, which fails on a socket and has effects on some devices.
    try check(
      failing { () throws(Errno) in try FileStatus(path: path, followingLinks: true) }, kinds)
    let file = try failing { () throws(Errno) in
      // SAFETY: the call reads a terminated string.
      FileDescriptor(
        owning: try SystemCall.value {
          unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        })
    }
    // It may have been replaced between the two calls.
    try check(failing { () throws(Errno) in try FileStatus(of: file) }, kinds)
    return file
  }

  /// Standard input, by a descriptor of its own.
  package static func standardInput() throws(InputFileError) -> FileDescriptor {
    try failing { () throws(Errno) in
      FileDescriptor(
        owning: try SystemCall.value { fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) })
    }
  }

  private static func check(
    _ status: FileStatus, _ kinds: [FileKind]
  ) throws(InputFileError) {
    guard kinds.contains(status.kind) else { throw .wrongKind(status.kind) }
  }

  fileprivate static func isPipe(_ file: borrowing FileDescriptor) throws(InputFileError) -> Bool {
    do throws(Errno) { return try FileStatus(of: file).kind == .pipe } catch {
      throw .failed(error)
    }
  }

  fileprivate static func failing<Result: ~Copyable>(
    _ call: () throws(Errno) -> Result
  ) throws(InputFileError) -> Result {
    do { return try call() } catch { throw .failed(error) }
  }
}

/// Why a file can't be read.
package enum InputFileError: Error, Equatable, CustomStringConvertible {
  /// It is something else than a file with contents.
  case wrongKind(FileKind)
  /// It is a pipe that no process has open for writing.
  case noWriter
  case tooLarge(maximumBytes: Int)
  case failed(Errno)

  /// The reason, to follow the name of the file.
  package var description: String {
    switch self {
    case .wrongKind(let kind): "it is \(kind.noun), not a regular file"
    case .noWriter: "it is a pipe that no process writes to"
    case .tooLarge(let maximumBytes): "it has more than \(maximumBytes) bytes"
    case .failed(let error): "\(error)"
    }
  }
}

/// Reads a small file into memory.
package enum SmallFile {
  /// The bytes of the file at `path`: a regular file, so that reading it can't wait for another
  /// process. With `orPipe` it may also be a pipe, such as that of a shell's `<(command)`, and
  /// reading waits until every process that writes to it is done.
  package static func read(
    path: String, maximumBytes limit: Int, orPipe: Bool = false
  ) throws(InputFileError) -> [UInt8] {
    let file = try InputFile.open(path: path, orPipe ? [.regular, .pipe] : [.regular])
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16 << 10)
    while true {
      let count = try InputFile.failing { () throws(Errno) in
        var room = chunk.mutableSpan
        return try file.readWaiting(into: &room)
      }
      guard count > 0 else {
        if bytes.isEmpty, orPipe, try InputFile.isPipe(file) { throw .noWriter }
        return bytes
      }
      guard bytes.count + count <= limit else { throw .tooLarge(maximumBytes: limit) }
      bytes += chunk[..<count]
    }
  }
}
