internal import Glibc

/// A file, or standard input.
///
/// SAFETY: the calls of C get buffers of the size that they are told, and keep no pointer.
final class ProcessInput: Input {
  private let descriptor: Int32
  private let name: String
  let byteCount: Int?

  // With `-`, standard input.
  init(_ path: String) throws(Failure) {
    name = path == "-" ? "standard input" : "`\(path)`"
    descriptor = path == "-" ? STDIN_FILENO : unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw .trouble("cannot open \(name): \(ProcessInput.reason)", advice: "")
    }
    var status = stat()
    let isFile = unsafe fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    byteCount = isFile ? Int(status.st_size) : nil
  }

  deinit { if descriptor != STDIN_FILENO { close(descriptor) } }

  func read() throws(Failure) -> [UInt8] {
    let descriptor = descriptor
    var failure: String?
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 256 << 10) { room, count in
      repeat {
        let length = unsafe Glibc.read(descriptor, room.baseAddress, room.count)
        if length < 0, errno == EINTR { continue }
        if length < 0 { failure = ProcessInput.reason }
        count = max(0, length)
        return
      } while true
    }
    if let failure { throw .trouble("cannot read \(name): \(failure)", advice: "") }
    return bytes
  }

  private static var reason: String { unsafe String(cString: strerror(errno)) }
}
