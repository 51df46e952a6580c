internal import Glibc

/// The lines of an input, with their numbers.
package struct InputLines {
  private let input: any Input
  private var bytes: [UInt8] = []
  private var position = 0
  private var hasEnded = false
  /// The number of the last line that was read.
  package private(set) var number = 0
  /// The bytes of the lines that were read.
  package private(set) var readBytes = 0

  private static let longest = 4 << 20

  package init(_ input: any Input) { self.input = input }

  /// The next line without its end; nil at the end of the input.
  package mutating func next() throws(Failure) -> ArraySlice<UInt8>? {
    var searched = position
    while true {
      if let end = bytes[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        return take(upTo: end, thenTo: end + 1)
      }
      if hasEnded {
        return position < bytes.count ? take(upTo: bytes.count, thenTo: bytes.count) : nil
      }
      guard bytes.count - position <= Self.longest else {
        throw .trouble("line \(number + 1) is longer than \(Self.longest) bytes", advice: "")
      }
      let more = try input.read()
      hasEnded = more.isEmpty
      bytes.removeFirst(position)
      position = 0
      searched = bytes.count
      bytes += more
    }
  }

  private mutating func take(upTo end: Int, thenTo next: Int) -> ArraySlice<UInt8> {
    let line = bytes[position..<end]
    readBytes += next - position
    position = next
    number += 1
    return line
  }
}

/// A source of bytes.
package protocol Input: AnyObject {
  /// The total number of bytes; nil if unknown.
  var byteCount: Int? { get }
  /// Waits for the next bytes; empty at the end.
  func read() throws(Failure) -> [UInt8]
}

/// A file, or standard input.
///
/// SAFETY: the C calls get buffers of the size that they are told, and keep no pointer.
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
